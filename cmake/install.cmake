# What users get: the shared library, its headers, find_package(treering) and pkg-config.
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY TREERING_LAYERS)
add_library(treering SHARED)
add_library(treering::treering ALIAS treering)
foreach(layer ${layers})
  target_sources(treering PRIVATE $<TARGET_OBJECTS:${layer}>)
  get_target_property(links ${layer} LINK_LIBRARIES)
  list(FILTER links EXCLUDE REGEX "^treering_")
  target_link_libraries(treering PRIVATE ${links})
endforeach()
target_link_libraries(treering PRIVATE treering_compiler)

# Only the API leaves the library; the names carry no symbol versions, as NCCL's do not.
set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.map)
target_link_options(treering PRIVATE -Wl,--version-script=${exports} -Wl,-z,defs
  -Wl,-z,nodelete)  # the service thread lives as long as the process: dlclose() must not take its code away
if(TREERING_SANITIZE)  # the sanitizers' symbols are found in the program
  get_target_property(options treering LINK_OPTIONS)
  list(REMOVE_ITEM options -Wl,-z,defs)
  set_property(TARGET treering PROPERTY LINK_OPTIONS ${options})
endif()

set_target_properties(treering PROPERTIES
  LINKER_LANGUAGE CXX WHOLE_PROGRAM ON LINK_DEPENDS ${exports}
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})  # 0.x: any minor may break
target_compile_features(treering INTERFACE cxx_std_20)
# nccl.h is found as <nccl/nccl.h> and, for programs written for NCCL, as <nccl.h>.
target_include_directories(treering INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include/nccl> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/nccl>)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/treering)
install(TARGETS treering EXPORT treering-targets)
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(EXPORT treering-targets NAMESPACE treering:: DESTINATION ${package})

configure_package_config_file(cmake/treering-config.cmake.in treering-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(treering-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/treering-config.cmake ${PROJECT_BINARY_DIR}/treering-config-version.cmake
        DESTINATION ${package})

# Relative to the file itself, so that the installed tree can be moved.
file(RELATIVE_PATH prefix_from_pkgconfig ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/treering.pc.in treering.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/treering.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
