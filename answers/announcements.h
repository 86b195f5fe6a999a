// SPDX-License-Identifier: Apache-2.0
// Sentences that announce an answer, in any language of languages.h: a noun, a
// word or sign that joins, and the statement; or a heading and the line below.
//
// Pure, thread-safe; looks at the joints of at most 64 nouns in each 8 KiB, and
// at most 4 KiB of a statement.
#ifndef REASONWATCH_ANSWERS_ANNOUNCEMENTS_H_
#define REASONWATCH_ANSWERS_ANNOUNCEMENTS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "answers/languages.h"

namespace reasonwatch {

struct Announcement {
  size_t at = 0;               // of the noun, in bytes
  std::string_view statement;  // view into the text, not empty
  languages::NounKind kind = languages::NounKind::kAnswer;
};

// The announcements of the last part of `plain` (plain_text.h) that has any, in
// their order. One that is denied ("the answer is not 5") is left out.
std::vector<Announcement> Announcements(std::string_view plain);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_ANNOUNCEMENTS_H_
