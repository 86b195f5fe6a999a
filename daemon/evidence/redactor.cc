// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/redactor.h"

#include <re2/re2.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

struct BuiltIn {
  const char* pattern;
  const char* put;
};

// In this order, as a later one must not take a part of an earlier one: whole
// blocks, named secrets, keys by their form, then addresses and numbers.
// table: patterns of secrets, each with its words.
constexpr BuiltIn kBuiltIn[] = {
    // A private key, with its end or up to the end of the text.
    {R"((?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z))",
     "[key]"},
    // scheme://user:password@host
    {R"((?i)\b([a-z][a-z0-9+.-]+://)[^\s/@]+@)", R"(\1[token]@)"},
    // Authorization: Bearer X, and any word behind Bearer or Basic.
    {R"((?i)\b(bearer|basic)(\s+|%20)[A-Za-z0-9+/=._~%-]{6,})",
     R"(\1 [token])"},
    // password = X, "api_key": "X", token%3DX: also of names that end so.
    {R"((?i)([a-z0-9_.-]*(?:password|passwd|passphrase|pwd|secret|token|api[_\s-]?key|access[_\s-]?key|private[_\s-]?key|credential|session[_-]?id|cookie|auth)[a-z0-9_]*\\?["']?\s*(?:[:=]|%3[ad]|\bis\b)\s*)\\?(?:"[^"\n]+"|'[^'\n]+'|[^\s,;&"'<>]{3,}))",
     R"(\1[token])"},
    // Web tokens of three parts.
    {R"(\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)",
     "[token]"},
    // Keys that name their issuer.
    {R"(\b(?:sk|pk|rk|xox[a-z]|gh[opsur]|github_pat|glpat|hf|npm|pypi|dop_v1|shpat|key|tok|whsec)[-_][A-Za-z0-9_-]{8,})",
     "[key]"},
    {R"(\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,})", "[key]"},
    {R"(\bAIza[A-Za-z0-9_-]{20,})", "[key]"},
    {R"(\bya29\.[A-Za-z0-9_-]{10,})", "[key]"},
    {R"(\bSG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})", "[key]"},
    // Long runs of hexadecimal digits, and of base64 with all its kinds.
    {R"(\b[0-9a-fA-F]{32,}\b)", "[key]"},
    {R"([A-Za-z0-9+/_-]{40,}={0,2})", "[key]"},
    // Mail, also with an encoded or spelt-out @.
    {R"((?i)[\pL\pN._%+'-]+\s?(?:@|%40|&#64;|&commat;|\\u0040|＠|\[at\]|\(at\)|\sat\s)\s?[\pL\pN-]+(?:\s?(?:\.|\[dot\]|\(dot\)|\sdot\s)\s?[\pL\pN-]+)+)",
     "[email]"},
    // Phones with their country: as long as a card, and told from it by the
    // sign.
    {R"((?:\+|\b00)[1-9](?:[ ./()\x{00A0}\x{2010}-\x{2015}-]{0,3}[0-9]){6,14}\b)",
     "[phone]"},
    // Cards and accounts: 13 to 19 digits, in groups or not.
    {R"(\b(?:[0-9][ .\x{00A0}\x{2007}\x{202F}\x{2010}-\x{2015}-]?){12,18}[0-9]\b)",
     "[card]"},
    // Accounts of banks.
    {R"(\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){3,7}(?:[ -]?[A-Z0-9]{1,3})?\b)",
     "[card]"},
    // Other phones: with an area in brackets, in three groups.
    {R"(\([0-9]{2,5}\)[ ./\x{00A0}-]{0,3}[0-9]{2,4}(?:[ .\x{00A0}\x{2010}-\x{2015}-]?[0-9]{2,4}){1,3}\b)",
     "[phone]"},
    {R"(\b[0-9]{3}[ .\x{00A0}\x{2010}-\x{2015}-][0-9]{3}[ .\x{00A0}\x{2010}-\x{2015}-][0-9]{4}\b)",
     "[phone]"},
    {R"(\b0[1-9][0-9]{1,4}[ /.-]{1,3}[0-9]{3,4}[ .-]?[0-9]{2,5}\b)", "[phone]"},
};

// Digits of other widths and scripts would pass all patterns of digits.
std::string WithPlainDigits(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    // U+FF10 to U+FF19: EF BC 90 to EF BC 99.
    if (i + 2 < text.size() && text[i] == '\xEF' && text[i + 1] == '\xBC' &&
        text[i + 2] >= '\x90' && text[i + 2] <= '\x99') {
      plain.push_back(
          static_cast<char>('0' + (static_cast<uint8_t>(text[i + 2]) - 0x90)));
      i += 3;
      continue;
    }
    // Marks that show nothing, between the digits or letters of a secret:
    // U+200B to U+200D, U+2060, U+FEFF, U+00AD.
    const std::string_view rest = text.substr(i);
    size_t skip = 0;
    for (const std::string_view mark :
         {"\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x81\xA0",
          "\xEF\xBB\xBF", "\xC2\xAD"})
      if (rest.starts_with(mark)) skip = mark.size();
    if (skip == 0) {
      plain.push_back(text[i]);
      skip = 1;
    }
    i += skip;
  }
  return plain;
}

}  // namespace

Redactor::Redactor(std::vector<Rule> rules) : rules_(std::move(rules)) {}
Redactor::~Redactor() = default;

absl::StatusOr<std::unique_ptr<Redactor>> Redactor::Make(
    const std::vector<std::string>& patterns) {
  std::vector<Rule> rules;
  const auto add = [&rules](const std::string& pattern,
                            const char* put) -> absl::Status {
    auto compiled = std::make_unique<const RE2>(pattern, RE2::Quiet);
    if (!compiled->ok())
      return absl::InvalidArgumentError(
          absl::StrFormat("storage.evidence.redact: %s", compiled->error()));
    rules.push_back({std::move(compiled), put});
    return absl::OkStatus();
  };
  // The operator's own first: they see the text as it is.
  for (const std::string& pattern : patterns)
    if (absl::Status status = add(pattern, "[redacted]"); !status.ok())
      return status;
  for (const BuiltIn& rule : kBuiltIn)
    if (absl::Status status = add(rule.pattern, rule.put); !status.ok())
      return status;
  return std::unique_ptr<Redactor>(new Redactor(std::move(rules)));
}

std::string Redactor::Redact(std::string_view text) const {
  // A secret that the limit cuts would no longer look like one, so the last
  // words before it go as well.
  constexpr size_t kLongestSecret = 512;
  const bool cut = text.size() > kMaxBytes;
  std::string clean = WithPlainDigits(utf8::Head(text, kMaxBytes));
  for (const Rule& rule : rules_)
    RE2::GlobalReplace(&clean, *rule.pattern, rule.put);
  if (cut && clean.size() > kLongestSecret) {
    clean = std::string(utf8::Head(clean, clean.size() - kLongestSecret));
    clean += " [cut]";
  }
  return clean;
}

}  // namespace reasonwatch
