# Writes OUTPUT, a header with the git revision of SOURCE, at every build; only when it has changed, so that nothing else
# is built anew. Called by slm_lab/CMakeLists.txt.
cmake_minimum_required(VERSION 3.25)  # the policies of CMakeLists.txt
set(revision unknown)
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse HEAD OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_QUIET RESULT_VARIABLE failed)
  execute_process(COMMAND ${GIT} -C ${SOURCE} status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
  if(NOT failed)
    set(revision ${head})
    if(changes)
      string(APPEND revision " (changed)")
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#pragma once\n#define SLM_REVISION \"@revision@\"\n" @ONLY)
