# shale_library(<name> LINKS <targets>...): one static library from the .cc files of the calling
# folder, with the project's warnings as errors. A new .cc file joins by being there.
function(shale_library name)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(NOT sources)
    message(WARNING "${name}: no .cc file yet")
    add_library(${name} INTERFACE)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_compile_options(${name} PRIVATE ${SHALE_WARNINGS})
  target_link_libraries(${name} PUBLIC ${ARG_LINKS})
endfunction()
