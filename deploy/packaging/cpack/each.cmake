# Read by CPack before it makes each package.
set(ENV{SOURCE_DATE_EPOCH} ${CPACK_KCOMMONS_DATE})

# Beside what all of them have: for the .deb what lintian reads, for the tarball the two files on top that
# one looks for.
if(CPACK_GENERATOR STREQUAL "TGZ")
  set(CPACK_INSTALL_CMAKE_PROJECTS
    "${CPACK_KCOMMONS_BUILD_DIR};kcommons;ALL;/"
    "${CPACK_KCOMMONS_BUILD_DIR};kcommons;tarball;/")
elseif(CPACK_GENERATOR STREQUAL "DEB")
  set(CPACK_INSTALL_CMAKE_PROJECTS
    "${CPACK_KCOMMONS_BUILD_DIR};kcommons;ALL;/"
    "${CPACK_KCOMMONS_BUILD_DIR};kcommons;debian;/")
else()
  # The program where the other packages have it, and not in a folder for each component.
  set(CPACK_MONOLITHIC_INSTALL ON)
endif()
