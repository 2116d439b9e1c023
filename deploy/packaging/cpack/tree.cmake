# What is about to be packed does not tell who packed it and when: its one date is that of the commit,
# and folders are open whatever the umask.
execute_process(
  COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -type d -exec chmod 755 {} +
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(
  COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -exec touch --no-dereference
    --date=@${CPACK_KCOMMONS_DATE} {} +
  COMMAND_ERROR_IS_FATAL ANY)
