// SPDX-License-Identifier: Apache-2.0
// Decodes a body of HTTP's chunked transfer, piece by piece.
#ifndef REASONWATCH_FRONT_CHUNKS_H_
#define REASONWATCH_FRONT_CHUNKS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace reasonwatch {

// Not thread-safe.
class ChunkReader {
 public:
  enum class Result : uint8_t { kMore, kDone, kTooLarge, kMalformed };

  // `most`: decoded bytes in all.
  explicit ChunkReader(size_t most) : most_(most) {}

  // Appends the decoded bytes to `body` and sets `used` to the bytes of `piece`
  // that belong to the body, which are fewer only if it is done.
  Result Feed(std::string_view piece, std::string& body, size_t& used);

 private:
  enum class Part : uint8_t { kSize, kData, kDataEnd, kTrailer, kDone };

  Result OnLine(std::string_view line);

  size_t most_;
  size_t decoded_ = 0;
  Part part_ = Part::kSize;
  std::string line_;     // of the size or of the trailer, not whole yet
  uint64_t left_ = 0;    // of the chunk
  size_t trailers_ = 0;  // bytes
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_CHUNKS_H_
