# What is about to be packed has one date, that of the commit. Archives have the dates of files in them.
execute_process(
  COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -exec touch --no-dereference
    --date=@${CPACK_KCOMMONS_DATE} {} +
  COMMAND_ERROR_IS_FATAL ANY)
