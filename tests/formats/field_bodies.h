// SPDX-License-Identifier: Apache-2.0
// Bodies drawn at random, and read in every way of cutting them.
#ifndef REASONWATCH_TESTS_FORMATS_FIELD_BODIES_H_
#define REASONWATCH_TESTS_FORMATS_FIELD_BODIES_H_

#include <gtest/gtest.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/response.h"
#include "formats/api/body_reader.h"
#include "formats/formats.h"
#include "formats/parse_message.h"

namespace reasonwatch {

using Json = nlohmann::ordered_json;
inline constexpr int kRounds = 12;

inline Trace InPieces(const Response& response, size_t first, size_t step) {
  BodyReader reader(response.body_type, 0);
  const std::string_view body = response.body;
  reader.Feed(body.substr(0, first));
  for (size_t at = first; at < body.size(); at += step)
    reader.Feed(body.substr(at, step));
  return ParseMessage(reader.Finish(), response, "auto");
}

// The trace of the whole body, which every way of cutting it must give.
inline Trace Read(std::string body, std::string_view model = "m") {
  Response response;
  response.model = std::string(model);
  response.body_type = body.starts_with('{') ? BodyType::kJson : BodyType::kSse;
  response.body = std::move(body);
  Trace whole = ParseResponse(response, "auto");
  for (size_t cut = 0; cut <= response.body.size(); ++cut)
    EXPECT_EQ(InPieces(response, cut, response.body.size() + 1), whole) << cut;
  EXPECT_EQ(InPieces(response, 0, 1), whole);
  return whole;
}

inline std::string Event(const Json& data) {
  return "data: " + data.dump() + "\n\n";
}

inline constexpr std::string_view kDone = "data: [DONE]\n\n";

class FieldBodies : public ::testing::Test {
 protected:
  size_t Below(size_t n) { return static_cast<size_t>(random_() % n); }

  // Some words, the first with a capital and the last with a full stop.
  std::string Words(size_t least = 2) {
    static constexpr std::string_view kWords[] = {
        "oak", "river", "three", "glass", "Zug", "été", "数", "seven", "lamp"};
    std::string text = "So";
    for (size_t n = least + Below(5); n > 0; --n)
      text += " " + std::string(kWords[Below(std::size(kWords))]);
    return text + ".";
  }

  // The text in pieces of a few characters.
  std::vector<std::string> Pieces(const std::string& text) {
    std::vector<std::string> pieces(1);
    for (size_t i = 0; i < text.size(); ++i) {
      const bool inside = (text[i] & '\xC0') == '\x80';
      if (!inside && !pieces.back().empty() && Below(3) == 0)
        pieces.emplace_back();
      pieces.back().push_back(text[i]);
    }
    // Two pieces at least, so that a whole is not one of them.
    if (pieces.size() == 1) pieces = {text.substr(0, 1), text.substr(1)};
    return pieces;
  }

  static Json Delta(const Json& delta, const Json& finish = nullptr) {
    return {{"choices",
             {{{"index", 0}, {"delta", delta}, {"finish_reason", finish}}}}};
  }

  std::string Deltas(const std::string& text,
                     const std::string& field = "content") {
    std::string body;
    for (const std::string& piece : Pieces(text))
      body += Event(Delta({{field, piece}}));
    return body;
  }

  std::string Stop(const std::string& finish = "stop") {
    return Event(Delta(Json::object(), finish)) + std::string(kDone);
  }

  std::mt19937 random_{20261129};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_FORMATS_FIELD_BODIES_H_
