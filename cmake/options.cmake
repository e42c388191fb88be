# The one target every other links: language level, warnings, sanitizers.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_library(slm_options INTERFACE)
target_compile_features(slm_options INTERFACE cxx_std_20)
target_include_directories(slm_options INTERFACE ${CMAKE_SOURCE_DIR})
# g++ 12 warns falsely about std::string operator+ and insert, with precompiled headers most of all (GCC bug 105651 and
# its kin); what these three look for, the address suite finds.
# Not SLP: where a small struct has just been stored member by member, it reads two members as one vector, which has to
# wait until the stores have left the processor; what is worth vectors has loops or kernels.
target_compile_options(slm_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -fno-math-errno
                                             -fno-tree-slp-vectorize
                                             -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
                                             $<$<BOOL:${SLM_WERROR}>:-Werror>)
if(SLM_SANITIZE)
  set(fewer_checks)
  if(SLM_SANITIZE MATCHES "undefined")
    # Three checks that cost a quarter of the compilation. At null and beyond an object the address sanitizer stops as well;
    # what is not aligned is for the layers that compute to find, which are under all checks.
    set(fewer_checks -fno-sanitize=null,object-size,alignment)
  endif()
  target_compile_options(slm_options INTERFACE -fsanitize=${SLM_SANITIZE} -fno-omit-frame-pointer
                                               -fno-sanitize-recover=all
                                               "$<$<IN_LIST:$<TARGET_PROPERTY:SLM_KIND>,plain;command;test>:${fewer_checks}>"
                                               -Wno-maybe-uninitialized)  # g++ 12: false alarms with sanitizers
  target_link_options(slm_options INTERFACE -fsanitize=${SLM_SANITIZE})
endif()

# slm_test(name [THREADS] sources...): a program of GoogleTest tests. THREADS: it runs under the thread sanitizer too.
# The timeouts are far above what any takes on a busy machine; they end what hangs.
add_custom_target(threaded_tests)
function(slm_test name)
  cmake_parse_arguments(ARG "THREADS" "" "" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE GTest::gmock GTest::gtest_main)
  slm_kind(${name} test UNITY 8)
  set(labels)
  if(ARG_THREADS)
    add_dependencies(threaded_tests ${name})
    set(labels LABELS threads)
  endif()
  if(SLM_SANITIZE)
    # One test of ctest per program, since to start it costs more than most tests; it ends at the first thing found.
    add_test(NAME ${name} COMMAND ${name} --gtest_brief=1 "--gtest_filter=-${unsanitized_tests}")
    list(LENGTH ARG_UNPARSED_ARGUMENTS num_files)
    set_tests_properties(${name} PROPERTIES COST ${num_files} TIMEOUT 1800 ${labels})  # the longest first
  else()
    # Listed when ctest starts, not by every build; that may take seconds on a busy machine.
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 ${labels})
  endif()
endfunction()
