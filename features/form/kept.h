// SPDX-License-Identifier: Apache-2.0
// Results that are made of a text which request after request repeats, such as
// a list of tools.
//
// An object belongs to one thread. Comparing a text with those that are kept
// costs as much as reading it once; making the result costs far more.
#ifndef REASONWATCH_FEATURES_FORM_KEPT_H_
#define REASONWATCH_FEATURES_FORM_KEPT_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace reasonwatch {

template <typename T>
class Kept {
 public:
  // The result of make(text), made now or before. Valid until the next call.
  template <typename Make>
  const T& Get(std::string_view text, Make make) {
    for (Entry& entry : entries_)
      if (entry.used && entry.text == text) return entry.value;
    Entry& entry = entries_[next_];
    next_ = (next_ + 1) % entries_.size();
    entry.value = make(text);
    entry.used = text.size() <= kMaxTextBytes;
    entry.text = entry.used ? text : std::string_view();
    return entry.value;
  }

 private:
  // Bytes; lists of a hundred tools are shorter.
  static constexpr size_t kMaxTextBytes = size_t{256} << 10;
  struct Entry {
    bool used = false;
    std::string text;
    T value;
  };
  // The clients of one shard's models rarely have more forms at a time.
  std::array<Entry, 8> entries_;
  size_t next_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_FORM_KEPT_H_
