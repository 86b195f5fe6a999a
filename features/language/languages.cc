// SPDX-License-Identifier: Apache-2.0
#include "features/language/languages.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "util/ascii.h"

namespace reasonwatch {
namespace {

using enum CharacterClass;

// Languages that share a bit are confused with each other.
enum Group : uint16_t {
  kNone = 0,
  kNordic = 1,
  kMalay = 2,
  kWestSouthSlavic = 4,
  kEastSouthSlavic = 8,
  kCzechoslovak = 16,
  kGalicianPortuguese = 32,
  kGalicianSpanish = 64,
  kCatalanSpanish = 128,
  kDutch = 256,
  kEastSlavic = 512,
  kPhilippine = 1024,
  kTurkic = 2048,
  kMarathi = 4096,
};

struct Language {
  std::string_view tag;
  int groups;
  // kHan here covers all scripts of Chinese, Japanese and Korean.
  CharacterClass script;
  CharacterClass other_script = CharacterClass::kPlain;
};

// A language's index in this list is its stored code: add new ones at the end.
constexpr Language kLanguages[] = {
    {"", kNone, kPlain},
    {"en", kNone, kLatin},
    {"de", kNone, kLatin},
    {"fr", kNone, kLatin},
    {"es", kGalicianSpanish | kCatalanSpanish, kLatin},
    {"pt", kGalicianPortuguese, kLatin},
    {"it", kNone, kLatin},
    {"nl", kDutch, kLatin},
    {"da", kNordic, kLatin},
    {"no", kNordic, kLatin},
    {"sv", kNone, kLatin},
    {"fi", kNone, kLatin},
    {"is", kNone, kLatin},
    {"pl", kNone, kLatin},
    {"cs", kCzechoslovak, kLatin},
    {"sk", kCzechoslovak, kLatin},
    {"hu", kNone, kLatin},
    {"ro", kNone, kLatin},
    {"hr", kWestSouthSlavic, kLatin},
    {"sl", kWestSouthSlavic, kLatin},
    {"et", kNone, kLatin},
    {"lv", kNone, kLatin},
    {"lt", kNone, kLatin},
    {"sq", kNone, kLatin},
    {"tr", kTurkic, kLatin},
    {"az", kTurkic, kLatin, kCyrillic},
    {"id", kMalay, kLatin},
    {"ms", kMalay, kLatin},
    {"tl", kPhilippine, kLatin},
    {"vi", kNone, kLatin},
    {"ca", kCatalanSpanish, kLatin},
    {"gl", kGalicianPortuguese | kGalicianSpanish, kLatin},
    {"eu", kNone, kLatin},
    {"af", kDutch, kLatin},
    {"sw", kNone, kLatin},
    {"cy", kNone, kLatin},
    {"ga", kNone, kLatin},
    {"ru", kNone, kCyrillic},
    {"uk", kEastSlavic, kCyrillic},
    {"be", kEastSlavic, kCyrillic},
    {"bg", kEastSouthSlavic, kCyrillic},
    {"mk", kEastSouthSlavic, kCyrillic},
    {"sr", kWestSouthSlavic | kEastSouthSlavic, kLatin, kCyrillic},
    {"kk", kNone, kLatin, kCyrillic},
    {"el", kNone, kGreek},
    {"he", kNone, kHebrew},
    {"ar", kNone, kArabic},
    {"fa", kNone, kArabic},
    {"ur", kNone, kArabic},
    {"hi", kMarathi, kDevanagari},
    {"mr", kMarathi, kDevanagari},
    {"ne", kMarathi, kDevanagari},
    {"bn", kNone, kBengali},
    {"gu", kNone, kGujarati},
    {"pa", kNone, kGurmukhi},
    {"ta", kNone, kTamil},
    {"te", kNone, kTelugu},
    {"kn", kNone, kKannada},
    {"ml", kNone, kMalayalam},
    {"si", kNone, kSinhala},
    {"th", kNone, kThai},
    {"lo", kNone, kLao},
    {"km", kNone, kKhmer},
    {"my", kNone, kMyanmar},
    {"ka", kNone, kGeorgian},
    {"hy", kNone, kArmenian},
    {"am", kNone, kEthiopic},
    {"zh", kNone, kHan},
    {"ja", kNone, kHan},
    {"ko", kNone, kHan},
    {"jv", kMalay, kLatin},
    {"su", kMalay, kLatin},
    {"ceb", kPhilippine, kLatin},
};

struct Alias {
  std::string_view tag;
  std::string_view of;
};
// Older codes, macrolanguages and varieties that this list treats as one
// language.
constexpr Alias kAliases[] = {
    {"nb", "no"},  {"nn", "no"},  {"bs", "hr"},  {"sh", "hr"},  {"cnr", "sr"},
    {"in", "id"},  {"iw", "he"},  {"fil", "tl"}, {"yue", "zh"}, {"cmn", "zh"},
    {"wuu", "zh"}, {"hak", "zh"}, {"nan", "zh"}, {"lzh", "zh"}, {"mo", "ro"},
    {"arb", "ar"}, {"prs", "fa"}, {"jw", "jv"},  {"zsm", "ms"},
};

}  // namespace

uint8_t LanguageFromTag(std::string_view tag) {
  const std::string_view primary = tag.substr(0, tag.find_first_of("-_"));
  if (primary.empty() || primary.size() > 3) return kUnknownLanguage;
  std::array<char, 3> lower{};
  std::transform(primary.begin(), primary.end(), lower.begin(), ascii::Lower);
  std::string_view wanted(lower.data(), primary.size());
  for (const Alias& alias : kAliases)
    if (alias.tag == wanted) wanted = alias.of;
  for (size_t i = 1; i < std::size(kLanguages); ++i)
    if (kLanguages[i].tag == wanted) return static_cast<uint8_t>(i);
  return kUnknownLanguage;
}

std::string_view LanguageTag(uint8_t language) {
  return language < std::size(kLanguages) ? kLanguages[language].tag
                                          : std::string_view();
}

bool Confusable(uint8_t a, uint8_t b) {
  if (a == b) return true;
  if (a >= std::size(kLanguages) || b >= std::size(kLanguages)) return false;
  return (kLanguages[a].groups & kLanguages[b].groups) != 0;
}

bool IsWrittenIn(uint8_t language, CharacterClass script) {
  if (language == kUnknownLanguage || language >= std::size(kLanguages))
    return true;
  if (script == kKana || script == kHangul) script = kHan;
  return kLanguages[language].script == script ||
         kLanguages[language].other_script == script;
}

}  // namespace reasonwatch
