# What a file of ours is compiled for. A kind is a set of options and the headers that are parsed once for all files of
# that kind (SLM_PCH), since parsing is most of what a file costs. With SLM_UNITY the files of a layer are compiled several
# at a time, which halves the processor time again; those with options of their own stay alone.
#   exact   arithmetic that equals Gymnasium's to the last bit: no fused multiply-add, no reassociation
#   fast    nets and learning
#   plain   files, reports and the loop around them: nobody feels its speed, and -O1 takes half the time to compile
#   command, test  the same with their own large headers
set(exact_options -ffp-contract=off)
set(fast_options)
set(plain_options $<$<CONFIG:Release>:-O1>)
set(command_options $<$<CONFIG:Release>:-O1>)
set(test_options $<$<CONFIG:Release>:-O1>)
if(SLM_SANITIZE)  # sanitizers make code twice as dear to compile, and most of what CI does is compiling
  set(plain_options -O0)
  set(command_options -O0)
  set(test_options -O0)
endif()

set(standard_headers <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <fstream> <functional> <limits> <map>
                     <memory> <numeric> <optional> <set> <span> <string> <string_view> <utility> <variant> <vector>
                     <fmt/format.h>)
set(exact_headers ${standard_headers} <Eigen/Core>)
set(fast_headers ${standard_headers} <Eigen/Core>)
set(plain_headers ${standard_headers})  # with Eigen and JSON, loading costs most files half a second more than it saves
set(command_headers ${standard_headers} <CLI/CLI.hpp>)
set(test_headers ${standard_headers} <Eigen/Core> <gmock/gmock.h> <gtest/gtest.h>)
set(exact_libraries Eigen3::Eigen fmt::fmt)
set(fast_libraries Eigen3::Eigen fmt::fmt)
set(plain_libraries fmt::fmt)
set(command_libraries Eigen3::Eigen fmt::fmt CLI11::CLI11)
set(test_libraries Eigen3::Eigen fmt::fmt GTest::gmock GTest::gtest_main)

# slm_kind(target kind [UNITY num_files]): compiles `target` as that kind. UNITY: so many files at a time. Tests come in
# smaller groups, with the headers of their kind: one that is edited should not take long.
function(slm_kind target kind)
  cmake_parse_arguments(ARG "" "UNITY" "" ${ARGN})
  set_target_properties(${target} PROPERTIES SLM_KIND ${kind})
  target_compile_options(${target} PRIVATE ${${kind}_options})
  if(SLM_UNITY AND ARG_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${ARG_UNITY})
  endif()
  if(NOT SLM_PCH OR (SLM_UNITY AND ARG_UNITY AND NOT kind STREQUAL "test"))
    return()
  endif()
  if(NOT TARGET slm_headers_${kind})
    add_library(slm_headers_${kind} OBJECT ${CMAKE_SOURCE_DIR}/cmake/headers.cc)
    target_link_libraries(slm_headers_${kind} PRIVATE slm_options ${${kind}_libraries})
    set_target_properties(slm_headers_${kind} PROPERTIES SLM_KIND ${kind})
    target_compile_options(slm_headers_${kind} PRIVATE ${${kind}_options})
    target_precompile_headers(slm_headers_${kind} PRIVATE ${${kind}_headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM slm_headers_${kind})
endfunction()
