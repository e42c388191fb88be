# Before project(), whose own words for a missing compiler name no package.
if(NOT CMAKE_CXX_COMPILER)
  set(cxx_names c++ g++ clang++)
  if(NOT "$ENV{CXX}" STREQUAL "")  # pip sets it to what Debian's Python was built with, whether that is there or not
    separate_arguments(cxx_names UNIX_COMMAND "$ENV{CXX}")
    list(GET cxx_names 0 cxx_names)
  endif()
  find_program(any_cxx NAMES ${cxx_names})
  if(NOT any_cxx)
    file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../setup/packages.txt package_rows REGEX "^[^# ]")
    list(TRANSFORM package_rows REPLACE " .*" "")
    list(JOIN package_rows " " packages)
    list(JOIN cxx_names ", " cxx_names)
    message(FATAL_ERROR "no C++ compiler (${cxx_names}). Install what building needs; on Debian and Ubuntu, as root:\n"
                        "  apt-get install --no-install-recommends ${packages}\n")
  endif()
endif()
