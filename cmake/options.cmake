# The one target every other links: language level, warnings, sanitizers.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_library(slm_options INTERFACE)
target_compile_features(slm_options INTERFACE cxx_std_20)
target_include_directories(slm_options INTERFACE ${CMAKE_SOURCE_DIR})
# g++ 12 warns falsely about std::string operator+ and insert, with precompiled headers most of all (GCC bug 105651 and
# its kin); what these three look for, the address suite finds.
target_compile_options(slm_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -fno-math-errno
                                             -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
                                             $<$<BOOL:${SLM_WERROR}>:-Werror>)
if(SLM_SANITIZE)
  set(test_checks)
  if(SLM_SANITIZE MATCHES "undefined")
    # Three checks that cost tests a quarter of their compilation. At null and beyond an object the address sanitizer stops
    # them as well, and what is not aligned is for the layers to find, which are under all checks.
    set(test_checks -fno-sanitize=null,object-size,alignment)
  endif()
  target_compile_options(slm_options INTERFACE -fsanitize=${SLM_SANITIZE} -fno-omit-frame-pointer
                                               -fno-sanitize-recover=all
                                               "$<$<STREQUAL:$<TARGET_PROPERTY:SLM_KIND>,test>:${test_checks}>"
                                               -Wno-maybe-uninitialized)  # g++ 12: false alarms with sanitizers
  target_link_options(slm_options INTERFACE -fsanitize=${SLM_SANITIZE})
endif()

# slm_test(name [THREADS] sources...): a program of GoogleTest tests. THREADS: it runs under the thread sanitizer too.
add_custom_target(threaded_tests)
function(slm_test name)
  cmake_parse_arguments(ARG "THREADS" "" "" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE GTest::gmock GTest::gtest_main)
  slm_kind(${name} test)
  # Far above what any of them takes, also under a sanitizer on a busy machine: it ends what hangs.
  set(properties PROPERTIES TIMEOUT 600)
  if(ARG_THREADS)
    add_dependencies(threaded_tests ${name})
    list(APPEND properties LABELS threads)
  endif()
  # Listed when ctest starts, not by every build; a sanitized program may take seconds to start on a busy machine.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 ${properties})
endfunction()
