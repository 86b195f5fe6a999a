// SPDX-License-Identifier: Apache-2.0
// Why an API body could not be read, as text and as a counter's label.
#ifndef REASONWATCH_FORMATS_API_BODY_ERROR_H_
#define REASONWATCH_FORMATS_API_BODY_ERROR_H_

#include <cstdint>
#include <string_view>

#include "util/enum_names.h"

namespace reasonwatch {

enum class BodyError : uint8_t {
  kServer,     // the server reports an error; its type and code may follow
  kMalformed,  // no JSON
  kTooLarge,   // a document over its limit
  kUnknownApi,
  kNoChoice,  // the index of the choice follows
  kCount
};
inline constexpr int kBodyErrorCount = static_cast<int>(BodyError::kCount);

// The exported names.
inline constexpr EnumNames<BodyError, kBodyErrorCount> kBodyErrorNames = {
    {"server_error", "malformed_body", "body_too_large", "unknown_api",
     "absent_choice"}};
static_assert(AllNamed(kBodyErrorNames));

// The beginnings of Trace::error; none is the beginning of another.
inline constexpr EnumNames<BodyError, kBodyErrorCount> kBodyErrorTexts = {
    {"server error", "malformed JSON", "too large", "no known API",
     "no choice"}};
static_assert(AllNamed(kBodyErrorTexts));

inline std::string_view BodyErrorText(BodyError error) {
  return NameOf(kBodyErrorTexts, error);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_BODY_ERROR_H_
