# SPDX-License-Identifier: Apache-2.0
# Turns runbooks into HTML: cmake -DCMARK=PROGRAM -DFROM=FOLDER -DTO=FOLDER
# -P runbooks.cmake. Links to NAME.md become links to NAME.
file(GLOB_RECURSE pages "${FROM}/*.md")
file(MAKE_DIRECTORY "${TO}")
foreach(page IN LISTS pages)
  get_filename_component(name "${page}" NAME_WE)
  execute_process(COMMAND "${CMARK}" --extension table --to html "${page}"
    OUTPUT_VARIABLE html COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE "href=\"[a-z./]*/?([A-Za-z_]+)\\.md\"" "href=\"\\1\"" html "${html}")
  # CMark aligns cells by an attribute that no style of ours may override.
  string(REPLACE "<table>" "<div class=\"scroll\" tabindex=\"0\"><table>" html "${html}")
  string(REPLACE "</table>" "</table></div>" html "${html}")
  file(WRITE "${TO}/${name}.html" "${html}")
endforeach()
