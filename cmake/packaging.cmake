# SPDX-License-Identifier: Apache-2.0
# Installs the program with all that an operator needs beside it, and packs the same as
# a Debian package:
#
#   cmake --preset release && cmake --build build/release --target reasonwatch
#   cpack --config build/release/CPackConfig.cmake -B build/packages
#
# tools/release makes every artefact; docs/release.md has the whole procedure.
include(GNUInstallDirs)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
# Installing takes the program as it was built, without the tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

install(TARGETS reasonwatch RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# The manual and the completions are the help of this very program.
install(CODE "execute_process(COMMAND \"${Python3_EXECUTABLE}\" -B
  \"${CMAKE_SOURCE_DIR}/tools/make_manual.py\" --program \"$<TARGET_FILE:reasonwatch>\"
  \"${CMAKE_BINARY_DIR}/manual\" COMMAND_ERROR_IS_FATAL ANY)")
foreach(section 1 5)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/manual/man${section}/
          DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(FILES ${CMAKE_BINARY_DIR}/manual/bash/reasonwatch
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${CMAKE_BINARY_DIR}/manual/zsh/_reasonwatch
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${CMAKE_BINARY_DIR}/manual/fish/reasonwatch.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
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
# The licence of the script that is embedded in the page.
install(FILES /usr/share/doc/libjs-dygraphs/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR}
        RENAME copyright.dygraphs OPTIONAL)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
# Once more, at the path by which the alerts name them (runbook_url).
install(DIRECTORY docs/runbooks/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/runbooks)

set(CPACK_PACKAGE_NAME reasonwatch)
set(CPACK_PACKAGE_VENDOR "The Reasonwatch authors")
set(CPACK_PACKAGE_CONTACT "The Reasonwatch authors <reasonwatch@reasonwatch.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "Reads the answers of a language model beside its server, learns
how healthy answers look, and reports through Prometheus when the model has
stopped reasoning as well as it used to. It never delays a request.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_RESOURCE_FILE_README ${CMAKE_SOURCE_DIR}/README.md)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_SOURCE_GENERATOR "")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
# Debian names the packages of the libraries that the program asks for.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The maintainer scripts call programs of these.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "init-system-helpers, systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA)
foreach(script conffiles postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/debian/${script})
endforeach()
set(CPACK_REASONWATCH_SOURCE ${CMAKE_SOURCE_DIR})
set(CPACK_REASONWATCH_BUILD ${CMAKE_BINARY_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/debian_layout.cmake)
include(CPack)
