# cmake --install: the libraries that need neither LibTorch nor HDF5, for find_package(xibench), and the program. The flags of this build (-Werror,
# -march) stay here: xb_flags is in the build's interface alone.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(XB_PARTS core graph comm world mix device control datasets task moves train)
if(XB_WITH_MPI)
  list(APPEND XB_PARTS mpi)
endif()

set(XB_HEADERS ${CMAKE_INSTALL_INCLUDEDIR}/xibench)  # a folder of its own: the includes begin with "harness/"
set(XB_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/xibench)
foreach(PART ${XB_PARTS})
  set_target_properties(xb_${PART} PROPERTIES EXPORT_NAME ${PART} OUTPUT_NAME xibench_${PART})
  target_include_directories(xb_${PART} INTERFACE $<INSTALL_INTERFACE:${XB_HEADERS}>)
  target_compile_features(xb_${PART} PUBLIC cxx_std_20)
  list(APPEND XB_INSTALLED xb_${PART})
endforeach()
install(TARGETS ${XB_INSTALLED} EXPORT xibench ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libraries)
install(EXPORT xibench NAMESPACE xibench:: DESTINATION ${XB_PACKAGE} COMPONENT libraries)
foreach(FOLDER core graph comm mix control task train)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/harness/${FOLDER} DESTINATION ${XB_HEADERS}/harness COMPONENT libraries FILES_MATCHING PATTERN "*.hpp"
          PATTERN "torch_*" EXCLUDE)
endforeach()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/datasets DESTINATION ${XB_HEADERS} COMPONENT libraries FILES_MATCHING PATTERN "*.hpp")

configure_package_config_file(${CMAKE_SOURCE_DIR}/harness/xibench-config.cmake.in ${CMAKE_BINARY_DIR}/xibench-config.cmake INSTALL_DESTINATION ${XB_PACKAGE})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/xibench-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/xibench-config.cmake ${CMAKE_BINARY_DIR}/xibench-config-version.cmake DESTINATION ${XB_PACKAGE} COMPONENT libraries)

if(XB_WITH_HDF5)
  install(TARGETS xibench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  if(XB_WITH_TORCH)
    install(TARGETS xibench_networks LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/xibench COMPONENT program)
  endif()
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/reference/kong2021 DESTINATION ${CMAKE_INSTALL_DATADIR}/xibench COMPONENT program)
endif()
