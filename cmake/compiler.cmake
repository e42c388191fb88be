# Before project(), whose own words for a missing compiler name no package.
if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(any_cxx NAMES c++ g++ clang++)
  if(NOT any_cxx)
    file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../setup/packages.txt package_rows REGEX "^[^# ]")
    list(TRANSFORM package_rows REPLACE " .*" "")
    list(JOIN package_rows " " packages)
    message(FATAL_ERROR "no C++ compiler. Install what building needs; on Debian and Ubuntu, as root:\n"
                        "  apt-get install --no-install-recommends ${packages}\n")
  endif()
endif()
