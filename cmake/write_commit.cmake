# SPDX-License-Identifier: Apache-2.0
# Writes the header with the commit of the tree, if it differs from the one that is there:
#   cmake -D SOURCE=... -D HEADER=... -P write_commit.cmake
# An archive of `git archive` has the commit in cmake/commit.txt; a clone asks git.
file(READ ${SOURCE}/cmake/commit.txt archived)
string(STRIP "${archived}" archived)
set(commit unknown)
if(archived MATCHES "^[0-9a-f]+$")
  string(SUBSTRING ${archived} 0 12 commit)
elseif(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git -C ${SOURCE} describe --always --exclude=* --abbrev=12 --dirty=+
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit ${described})
  endif()
endif()
set(text "// Written by cmake/write_commit.cmake.
namespace reasonwatch {
inline constexpr char kCommit[] = \"${commit}\";
}  // namespace reasonwatch
")
set(before "")
if(EXISTS ${HEADER})
  file(READ ${HEADER} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${HEADER} "${text}")
endif()
