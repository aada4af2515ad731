# treering_program(NAME FOLDER dir [PUBLIC target...] [PRIVATE target...])
# Defines the program treering-NAME from the .cpp files of a folder of this directory. All of them but main.cpp are a
# library, treering_NAME, so that tests can see its parts. Installs the program.
function(treering_program name)
  cmake_parse_arguments(PROGRAM "" "FOLDER" "PUBLIC;PRIVATE" ${ARGN})
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/${PROGRAM_FOLDER})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  list(REMOVE_ITEM sources ${folder}/main.cpp)
  add_library(treering_${name} STATIC ${sources})
  target_include_directories(treering_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_definitions(treering_${name} PRIVATE TREERING_VERSION="${PROJECT_VERSION}")
  target_link_libraries(treering_${name}
    PUBLIC ${PROGRAM_PUBLIC}
    PRIVATE ${PROGRAM_PRIVATE} treering_compiler CLI11::CLI11 fmt::fmt)

  add_executable(treering-${name} ${folder}/main.cpp)
  target_link_libraries(treering-${name} PRIVATE treering_${name} treering_compiler fmt::fmt)
  set_target_properties(treering-${name} PROPERTIES WHOLE_PROGRAM ON)
  install(TARGETS treering-${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
