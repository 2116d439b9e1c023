# What CPack has no generator for, as one more generator: the image, by deploy/docker/build.sh, which needs
# no Docker, of the program that is in the other packages too; and the bill of materials.
set(name ${CPACK_PACKAGE_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME})
execute_process(
  COMMAND ${CPACK_KCOMMONS_SOURCE_DIR}/deploy/docker/build.sh
    --binary ${CPACK_TEMPORARY_DIRECTORY}/usr/bin/kcommons --output ${name}-image.tar
  COMMAND_ERROR_IS_FATAL ANY)
file(COPY_FILE ${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/kcommons/sbom.cdx.json ${name}.cdx.json)
set(CPACK_EXTERNAL_BUILT_PACKAGES ${name}-image.tar ${name}.cdx.json)
