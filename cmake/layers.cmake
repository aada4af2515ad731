# One CMake target a folder. Headers are included by the path from the source root without `src/` ("schedule/language.hpp",
# "transports/tcp/tcp.hpp"); each layer has an include directory of its own that holds links to its headers alone. So an
# include of a layer that is not linked does not compile.

# treering_layer(NAME FOLDER dir [SOURCES file...] [HEADERS_ONLY] [FOR_TOOLS] [LINKS target...] [PRIVATE_LINKS target...])
# Defines treering_NAME from every .cpp (or from SOURCES alone) and .hpp of FOLDER (not of its subfolders). FOR_TOOLS: it does not become a part of
# the shared library, which then need not depend on what the layer links.
function(treering_layer name)
  cmake_parse_arguments(LAYER "HEADERS_ONLY;FOR_TOOLS" "FOLDER" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/${LAYER_FOLDER})
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.hpp ${folder}/*.h)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  if(LAYER_SOURCES)
    list(TRANSFORM LAYER_SOURCES PREPEND ${folder}/ OUTPUT_VARIABLE sources)
  endif()

  string(REGEX REPLACE "^(src|include)/" "" spelled ${LAYER_FOLDER})
  set(links ${PROJECT_BINARY_DIR}/layers/${name})
  file(REMOVE_RECURSE ${links})
  file(MAKE_DIRECTORY ${links}/${spelled})
  foreach(header ${headers})
    get_filename_component(file ${header} NAME)
    file(CREATE_LINK ${header} ${links}/${spelled}/${file} SYMBOLIC)
  endforeach()

  set(target treering_${name})
  if(LAYER_HEADERS_ONLY)
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${links})
    target_link_libraries(${target} INTERFACE ${LAYER_LINKS})
  else()
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${links})
    target_link_libraries(${target} PUBLIC ${LAYER_LINKS} PRIVATE treering_compiler ${LAYER_PRIVATE_LINKS})
    target_compile_options(${target} PRIVATE "${treering_objects_across_files}")
    if(NOT LAYER_FOR_TOOLS)
      set_property(GLOBAL APPEND PROPERTY TREERING_LAYERS ${target})
    endif()
  endif()
endfunction()
