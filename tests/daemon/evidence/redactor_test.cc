// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/redactor.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/daemon/evidence/secrets.h"

namespace reasonwatch {
namespace {

std::string Redacted(const std::string& text) {
  static const auto& redactor = *new auto(Redactor::Make({}));
  EXPECT_TRUE(redactor.ok()) << redactor.status();
  return (*redactor)->Redact(text);
}

// The letters and digits of the text alone, so that a canary in parts is found
// too.
std::string Bare(const std::string& text) {
  std::string bare;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        static_cast<unsigned char>(c) >= 0x80)
      bare.push_back(c);
  return bare;
}

TEST(Redactor, BlanksEverySecretInEveryForm) {
  std::set<std::string> forms;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    for (const Secret& secret : SecretMaker(seed).All()) {
      forms.insert(secret.form);
      for (const std::string& text :
           {secret.text, "Please use " + secret.text + " for it.",
            "a\n" + secret.text + "\nb", "{\"x\": \"" + secret.text + "\"}"}) {
        const std::string clean = Redacted(text);
        EXPECT_EQ(Bare(clean).find(Bare(secret.canary)), std::string::npos)
            << secret.form << ": " << text << " -> " << clean;
      }
    }
    if (HasFailure()) break;
  }
  EXPECT_GE(forms.size(), 200u);
}

TEST(Redactor, LeavesOrdinaryWordsOfReasoning) {
  for (const char* text :
       {"Step 3: 417 plus 86 gives 503, so the sum is 1,024.5 by 12 March "
        "2024.",
        "The token limit is 4096; a password should be long.",
        "At 10:30 on 2026-11-30 the price was $1,299.00 (12.5 % off).",
        "We compute x_1 = 3.14159 and y = 2^10 = 1024.",
        "Look at line 120 of main.cc: `return a + b;`",
        "She lives at home and works at a bank; call me."})
    EXPECT_EQ(Redacted(text), text);
}

TEST(Redactor, TakesTheOperatorsPatternsFirst) {
  const auto own = Redactor::Make({R"(order \d+)", "Ann"});
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ((*own)->Redact("order 4711 by Ann"), "[redacted] by [redacted]");
  const auto wrong = Redactor::Make({"("});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Redactor, CutsALongTextWithoutLeavingHalfASecret) {
  SecretMaker maker(3);
  for (size_t before = Redactor::kMaxBytes - 60;
       before < Redactor::kMaxBytes + 5; before += 3) {
    const std::string key = maker.Word(40);
    std::string text;
    while (text.size() < before) text += "word ";
    const std::string clean =
        Redacted(text.substr(0, before) + " sk-" + key + " and more words");
    EXPECT_LE(clean.size(), Redactor::kMaxBytes);
    for (size_t length = 8; length <= key.size(); length += 8)
      EXPECT_EQ(clean.find(key.substr(0, length)), std::string::npos) << before;
  }
}

// Hostile text costs no more than its length: RE2 has no backtracking.
TEST(Redactor, TakesAnyBytes) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    std::string text;
    for (int i = 0; i < 2000; ++i)
      text.push_back(static_cast<char>(random() % 256));
    Redacted(text);
  }
  Redacted(std::string(Redactor::kMaxBytes, '-'));
  Redacted(std::string(Redactor::kMaxBytes, '1'));
}

}  // namespace
}  // namespace reasonwatch
