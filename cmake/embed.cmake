# SPDX-License-Identifier: Apache-2.0
# Writes files as bytes of a C++ source: cmake -DOUT=FILE.cc -DFUNCTION=NAME
# -DFILES=NAME=PATH;NAME=PATH... -P embed.cmake
# The source defines std::span<const Asset> NAME() of daemon/api/page.h.
set(arrays "")
set(rows "")
set(number 0)
foreach(entry IN LISTS FILES)
  string(FIND "${entry}" "=" at)
  string(SUBSTRING "${entry}" 0 ${at} name)
  math(EXPR at "${at} + 1")
  string(SUBSTRING "${entry}" ${at} -1 path)
  file(READ "${path}" bytes HEX)
  string(LENGTH "${bytes}" size)
  math(EXPR size "${size} / 2")
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
  # In pieces of 60 bytes, for compilers with a limit.
  string(REPEAT "." 240 piece)
  string(REGEX REPLACE "(${piece})" "\\1\"\n\"" bytes "${bytes}")
  string(APPEND arrays "constexpr char kBytes${number}[] =\n\"${bytes}\";\n")
  string(APPEND rows "    {\"${name}\", {kBytes${number}, ${size}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUT}.new" "// Made by cmake/embed.cmake.
// A library for plots is longer than the strings that every compiler must take.
#pragma GCC diagnostic ignored \"-Woverlength-strings\"
#include \"daemon/api/page.h\"
namespace reasonwatch {
namespace {
${arrays}
constexpr Asset kAssets[] = {
${rows}};
}  // namespace
std::span<const Asset> ${FUNCTION}() { return kAssets; }
}  // namespace reasonwatch
")
file(RENAME "${OUT}.new" "${OUT}")
