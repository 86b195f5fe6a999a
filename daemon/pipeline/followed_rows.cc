// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/followed_rows.h"

#include <algorithm>
#include <charconv>

namespace reasonwatch {
namespace {

// Reads a number and the sign behind it.
template <typename T>
bool ReadNumber(std::string_view& text, char end, T& number) {
  const char* const last = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || at == last || *at != end) return false;
  text.remove_prefix(static_cast<size_t>(at - text.data()) + 1);
  return true;
}

}  // namespace

void FollowedRows::Note(const RowPosition& position) {
  if (position.file == 0) return;
  if (rows_.size() >= kMaxFiles && !rows_.contains(position.file))
    rows_.erase(rows_.begin());
  int64_t& row = rows_[position.file];
  row = std::max(row, position.row);
}

bool FollowedRows::Holds(const RowPosition& position) const {
  const auto it = rows_.find(position.file);
  return it != rows_.end() && position.row <= it->second;
}

std::string FollowedRows::Serialize() const {
  std::string text;
  for (const auto& [file, row] : rows_)
    text += std::to_string(file) + " " + std::to_string(row) + "\n";
  return text;
}

bool FollowedRows::Parse(std::string_view bytes) {
  while (!bytes.empty()) {
    RowPosition position;
    if (!ReadNumber(bytes, ' ', position.file) ||
        !ReadNumber(bytes, '\n', position.row))
      return false;
    Note(position);
  }
  return true;
}

}  // namespace reasonwatch
