# CPack writes a tarball in the order in which the file system has the files, which is not the same
# everywhere: it is packed once more, by name.
if(CPACK_GENERATOR STREQUAL "TGZ")
  cmake_path(GET CPACK_TEMPORARY_DIRECTORY PARENT_PATH above)
  cmake_path(GET CPACK_TEMPORARY_DIRECTORY FILENAME top)
  execute_process(
    COMMAND tar --create --sort=name --owner=0 --group=0 --numeric-owner --directory ${above} ${top}
    COMMAND gzip -9n
    OUTPUT_FILE ${CPACK_PACKAGE_FILES}
    COMMAND_ERROR_IS_FATAL ANY)
endif()
