# SPDX-License-Identifier: Apache-2.0
# Run by CPack between installing and packing. Adds to the Debian package, and to nothing
# else, the files whose places are Debian's: configuration, copyright, change log.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(root ${CPACK_TEMPORARY_DIRECTORY})
set(doc ${root}/usr/share/doc/reasonwatch)
# Not file(INSTALL), which would write below DESTDIR, that is ${root} once more.
file(COPY ${CPACK_REASONWATCH_SOURCE}/deploy/debian/reasonwatch.yaml
     DESTINATION ${root}/etc/reasonwatch)
configure_file(${CPACK_REASONWATCH_SOURCE}/deploy/debian/reasonwatch.sysusers
               ${root}/usr/lib/sysusers.d/reasonwatch.conf COPYONLY)
file(WRITE ${doc}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: reasonwatch

Files: *
Copyright: The Reasonwatch authors
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.
 The licences of the libraries that are compiled in are in the folder licences/.
")
file(REMOVE ${doc}/LICENSE)
execute_process(COMMAND ${CPACK_REASONWATCH_SOURCE}/deploy/image/assemble.py
  ${CPACK_REASONWATCH_BUILD}/reasonwatch ${doc}/licences --build ${CPACK_REASONWATCH_BUILD}
  --licences COMMAND_ERROR_IS_FATAL ANY)
# Without a name and a time in their heads, the same text gives the same bytes.
file(GLOB pages ${root}/usr/share/man/man*/*)
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
foreach(page IN LISTS pages ITEMS ${doc}/changelog)
  execute_process(COMMAND gzip -9 -n -f ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
