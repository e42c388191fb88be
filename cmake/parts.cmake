# Optional parts (setup/parts.txt): ./slm-lab setup NAME leaves one in .deps/NAME, with .stamp when it is complete. The
# folder slm_lab/env/NAME is what needs it: all of it is compiled where the part is there, and only its missing.cc where
# not, which says so. No file of ours asks the preprocessor.
option(SLM_PARTS "Use the optional parts that are installed" ON)
# Looked at by every build, so that a part that has come or gone configures anew.
file(GLOB part_stamps CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/.deps/*/.stamp)

# slm_part(name library): the target slm_part_NAME, and slm_has_NAME.
function(slm_part name library)
  set(folder ${CMAKE_SOURCE_DIR}/.deps/${name})
  if(NOT SLM_PARTS OR NOT ${folder}/.stamp IN_LIST part_stamps)
    set(slm_has_${name} OFF PARENT_SCOPE)
    return()
  endif()
  set(slm_has_${name} ON PARENT_SCOPE)
  add_library(slm_part_${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(slm_part_${name} PROPERTIES IMPORTED_LOCATION ${folder}/lib/${library}
                        INTERFACE_INCLUDE_DIRECTORIES ${folder}/include)
endfunction()

slm_part(box2d libbox2d.a)
slm_part(mujoco libmujoco.so.3.3.7)
set(slm_parts box2d mujoco)

# slm_select_parts(files): takes out of a list of files those whose part is not there, or those that stand in for it.
function(slm_select_parts files)
  set(kept ${${files}})
  foreach(part ${slm_parts})
    if(slm_has_${part})
      list(FILTER kept EXCLUDE REGEX "/slm_lab/env/${part}/missing\\.cc$")
    else()
      set(stand_in ${kept})
      list(FILTER stand_in INCLUDE REGEX "/slm_lab/env/${part}/missing\\.cc$")
      list(FILTER kept EXCLUDE REGEX "/slm_lab/env/${part}/")
      list(APPEND kept ${stand_in})
    endif()
  endforeach()
  set(${files} ${kept} PARENT_SCOPE)
endfunction()
