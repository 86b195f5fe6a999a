// SPDX-License-Identifier: Apache-2.0
#include "front/chunks.h"

#include <algorithm>

#include "util/ascii.h"

namespace reasonwatch {
namespace {

// A size with its extensions, which nobody reads, and all trailers together.
constexpr size_t kMaxLine = 256;
constexpr size_t kMaxTrailers = 4096;

// -1 for a character that is no hexadecimal digit.
int HexDigit(char c) {
  if (ascii::IsDigit(c)) return c - '0';
  const char lower = ascii::Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

ChunkReader::Result ChunkReader::OnLine(std::string_view line) {
  if (part_ == Part::kDataEnd) {
    part_ = Part::kSize;
    return line.empty() ? Result::kMore : Result::kMalformed;
  }
  if (part_ == Part::kTrailer) {
    trailers_ += line.size();
    if (trailers_ > kMaxTrailers) return Result::kTooLarge;
    if (!line.empty()) return Result::kMore;
    part_ = Part::kDone;
    return Result::kDone;
  }
  const std::string_view size =
      ascii::Trim(line.substr(0, std::min(line.find(';'), line.size())));
  // Fifteen digits can't overflow.
  if (size.empty() || size.size() > 15) return Result::kMalformed;
  left_ = 0;
  for (const char c : size) {
    const int digit = HexDigit(c);
    if (digit < 0) return Result::kMalformed;
    left_ = left_ * 16 + static_cast<uint64_t>(digit);
  }
  if (left_ > most_ - decoded_) return Result::kTooLarge;
  part_ = left_ == 0 ? Part::kTrailer : Part::kData;
  return Result::kMore;
}

ChunkReader::Result ChunkReader::Feed(std::string_view piece, std::string& body,
                                      size_t& used) {
  used = 0;
  while (used < piece.size()) {
    if (part_ == Part::kData) {
      const size_t n =
          static_cast<size_t>(std::min<uint64_t>(left_, piece.size() - used));
      body.append(piece.substr(used, n));
      used += n;
      decoded_ += n;
      left_ -= n;
      if (left_ == 0) part_ = Part::kDataEnd;
      continue;
    }
    const size_t end = piece.find('\n', used);
    const size_t stop = std::min(end, piece.size());
    if (line_.size() + (stop - used) > kMaxLine) return Result::kTooLarge;
    line_.append(piece.substr(used, stop - used));
    used = std::min(stop + 1, piece.size());
    if (end == std::string_view::npos) break;
    if (line_.empty() || line_.back() != '\r') return Result::kMalformed;
    line_.pop_back();
    const Result result = OnLine(line_);
    line_.clear();
    if (result != Result::kMore) return result;
  }
  return Result::kMore;
}

}  // namespace reasonwatch
