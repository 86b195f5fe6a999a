// SPDX-License-Identifier: Apache-2.0
// Reads any body of any API, whole and in pieces. The first byte gives body
// type, choice, format and limits, the second the seed of the cuts; the rest is
// the body.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "formats/api/body_reader.h"
#include "formats/formats.h"
#include "formats/parse_message.h"

namespace {

using reasonwatch::BodyLimits;
using reasonwatch::BodyReader;
using reasonwatch::Trace;

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t head = data[0];
  const std::string_view body(reinterpret_cast<const char*>(data) + 2,
                              size - 2);
  const std::string_view format = (head & 4) != 0 ? "qwen3" : "auto";
  reasonwatch::Response response;
  response.model = "m";
  response.body = std::string(body);
  response.body_type = (head & 1) != 0 ? reasonwatch::BodyType::kSse
                                       : reasonwatch::BodyType::kJson;
  response.sampling.choice_index = head >> 1 & 1;
  // Small limits, so that inputs of this size exceed them.
  BodyLimits limits;
  if ((head & 8) != 0) limits = {.text_bytes = 16, .document_bytes = 80};

  const auto read = [&](std::minstd_rand* random) {
    BodyReader reader(response.body_type, response.sampling.choice_index,
                      limits);
    for (std::string_view rest = body; !rest.empty();) {
      const size_t most =
          random == nullptr ? rest.size() : 1 + (*random)() % 64;
      const size_t piece = std::min(most, rest.size());
      reader.Feed(rest.substr(0, piece));
      rest.remove_prefix(piece);
      // An incomplete event holds at most its line and its data so far.
      Check(reader.buffered_bytes() <= 2 * limits.document_bytes);
    }
    return ParseMessage(reader.Finish(), response, format);
  };
  const Trace whole = read(nullptr);
  std::minstd_rand random(data[1] + 1u);
  for (int round = 0; round < 2; ++round) Check(read(&random) == whole);

  const size_t text = whole.answer.size() + whole.reasoning.value_or("").size();
  // Escapes only shrink; a byte that is no UTF-8 becomes three. One line feed
  // may join two pieces of reasoning.
  Check(text <= 3 * body.size() + 1);
  Check(text <= 2 * limits.text_bytes + 1);
  Check(whole.has_text || text == 0);
  Check(whole.error.size() <= 256);
  Check(whole.source != reasonwatch::ReasoningSource::kNone ||
        !whole.reasoning.has_value());
  Check(whole.dropped_bytes >= 0 &&
        whole.dropped_bytes <= static_cast<int64_t>(body.size()));
  if ((head & 8) == 0 && !body.empty())
    Check(ParseResponse(response, format) == whole);
  return 0;
}
