# SPDX-License-Identifier: Apache-2.0
# reasonwatch_library(NAME layer SOURCES ... [PUBLIC ...] [PRIVATE ...])
# makes reasonwatch_NAME with the alias reasonwatch::NAME, our warnings and the
# layer that reasonwatch_check_layers() holds it to.
add_library(reasonwatch_options INTERFACE)
if(REASONWATCH_SANITIZE)
  target_compile_options(reasonwatch_options INTERFACE
    -fsanitize=${REASONWATCH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(reasonwatch_options INTERFACE -fsanitize=${REASONWATCH_SANITIZE})
endif()
if(REASONWATCH_COVERAGE)
  target_compile_options(reasonwatch_options INTERFACE --coverage)
  target_link_options(reasonwatch_options INTERFACE --coverage)
endif()
if(REASONWATCH_FUZZ)
  target_compile_options(reasonwatch_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT REASONWATCH_SANITIZE)
  target_compile_options(reasonwatch_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
    -D_GLIBCXX_ASSERTIONS)
  target_link_options(reasonwatch_options INTERFACE -Wl,-z,relro,-z,now)
endif()

add_library(reasonwatch_warnings INTERFACE)
target_compile_options(reasonwatch_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wno-sign-conversion
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${REASONWATCH_WERROR}>:-Werror>)

function(reasonwatch_library name layer)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(reasonwatch_${name} STATIC ${ARG_SOURCES})
  add_library(reasonwatch::${name} ALIAS reasonwatch_${name})
  target_include_directories(reasonwatch_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(reasonwatch_${name} PUBLIC ${ARG_PUBLIC}
    PRIVATE ${ARG_PRIVATE} reasonwatch_warnings)
  target_link_libraries(reasonwatch_${name} PUBLIC reasonwatch_options)
  set_target_properties(reasonwatch_${name} PROPERTIES REASONWATCH_LAYER ${layer})
  set_property(GLOBAL APPEND PROPERTY REASONWATCH_LIBRARIES reasonwatch_${name})
endfunction()

# reasonwatch_test(NAME SOURCES ... LINK ... [LABELS unit])
function(reasonwatch_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock_main
    reasonwatch_options reasonwatch_warnings)
  # Labels are set apart: gtest_discover_tests() takes the second one of a list
  # for the name of a property.
  gtest_discover_tests(${name} TEST_LIST ${name}_tests
    PROPERTIES TIMEOUT ${ARG_TIMEOUT}
    DISCOVERY_TIMEOUT 60)
  set(labels_file ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
  file(WRITE ${labels_file} "foreach(test IN LISTS ${name}_tests)
  set_tests_properties(\"\${test}\" PROPERTIES LABELS \"${ARG_LABELS}\")
endforeach()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels_file})
endfunction()

# reasonwatch_fuzzer(NAME SOURCES ... LINK ... CORPUS dir): a libFuzzer target
# where REASONWATCH_FUZZ is on; else the same function over the corpus, as a
# regression test.
function(reasonwatch_fuzzer name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;LINK" ${ARGN})
  if(REASONWATCH_FUZZ)
    add_executable(${name} ${ARG_SOURCES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/run_corpus.cc)
  endif()
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} reasonwatch_options reasonwatch_warnings)
  if(REASONWATCH_FUZZ)
    add_test(NAME fuzz.${name} COMMAND ${name} -runs=0 ${ARG_CORPUS})
  else()
    add_test(NAME fuzz.${name} COMMAND ${name} ${ARG_CORPUS})
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
