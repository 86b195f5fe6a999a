# SPDX-License-Identifier: Apache-2.0
# Installs the program with all that an operator needs beside it, and packs the
# same as a Debian package and as an archive:
#
#   cmake --preset release && cmake --build build/release --target reasonwatch
#   cpack --config build/release/CPackConfig.cmake -B build/packages
#
# docs/release.md has the whole procedure.
include(GNUInstallDirs)
# Installing takes the program as it was built, without the tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

install(TARGETS reasonwatch RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# systemd reads units below lib/, whatever the machine's name for libraries is.
install(FILES deploy/reasonwatch.service DESTINATION lib/systemd/system)
# The example has every key with its default. It is no configuration until an
# operator copies it, so that an upgrade never writes over theirs.
install(FILES deploy/reasonwatch.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY dashboards/ DESTINATION ${CMAKE_INSTALL_DATADIR}/reasonwatch/dashboards
        PATTERN "*_test.yml" EXCLUDE)
install(FILES proto/reasonwatch/v1/tap.proto
        DESTINATION ${CMAKE_INSTALL_DATADIR}/reasonwatch/proto/reasonwatch/v1)
install(FILES README.md CHANGELOG.md SECURITY.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)

set(CPACK_PACKAGE_NAME reasonwatch)
set(CPACK_PACKAGE_VENDOR "The Reasonwatch authors")
set(CPACK_PACKAGE_CONTACT "The Reasonwatch authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_RESOURCE_FILE_README ${CMAKE_SOURCE_DIR}/README.md)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_SOURCE_GENERATOR "")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# Debian names the packages of the libraries that the program asks for.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager")
include(CPack)
