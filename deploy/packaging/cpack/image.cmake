# The image, by deploy/docker/build.sh, of the program that is in the other packages too. Run by CPack as
# one more generator; no Docker is needed.
set(image ${CPACK_PACKAGE_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME}-image.tar)
execute_process(
  COMMAND ${CPACK_KCOMMONS_SOURCE_DIR}/deploy/docker/build.sh
    --binary ${CPACK_TEMPORARY_DIRECTORY}/usr/bin/kcommons --output ${image}
  COMMAND_ERROR_IS_FATAL ANY)
set(CPACK_EXTERNAL_BUILT_PACKAGES ${image})
