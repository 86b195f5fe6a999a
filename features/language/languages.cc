#include "features/language/languages.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace reasonwatch {
namespace {

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
};

// The place in this list is the stored code: new ones go to the end.
constexpr Language kLanguages[] = {
    {"", kNone},
    {"en", kNone},
    {"de", kNone},
    {"fr", kNone},
    {"es", kGalicianSpanish | kCatalanSpanish},
    {"pt", kGalicianPortuguese},
    {"it", kNone},
    {"nl", kDutch},
    {"da", kNordic},
    {"no", kNordic},
    {"sv", kNone},
    {"fi", kNone},
    {"is", kNone},
    {"pl", kNone},
    {"cs", kCzechoslovak},
    {"sk", kCzechoslovak},
    {"hu", kNone},
    {"ro", kNone},
    {"hr", kWestSouthSlavic},
    {"sl", kWestSouthSlavic},
    {"et", kNone},
    {"lv", kNone},
    {"lt", kNone},
    {"sq", kNone},
    {"tr", kTurkic},
    {"az", kTurkic},
    {"id", kMalay},
    {"ms", kMalay},
    {"tl", kPhilippine},
    {"vi", kNone},
    {"ca", kCatalanSpanish},
    {"gl", kGalicianPortuguese | kGalicianSpanish},
    {"eu", kNone},
    {"af", kDutch},
    {"sw", kNone},
    {"cy", kNone},
    {"ga", kNone},
    {"ru", kNone},
    {"uk", kEastSlavic},
    {"be", kEastSlavic},
    {"bg", kEastSouthSlavic},
    {"mk", kEastSouthSlavic},
    {"sr", kWestSouthSlavic | kEastSouthSlavic},
    {"kk", kNone},
    {"el", kNone},
    {"he", kNone},
    {"ar", kNone},
    {"fa", kNone},
    {"ur", kNone},
    {"hi", kMarathi},
    {"mr", kMarathi},
    {"ne", kMarathi},
    {"bn", kNone},
    {"gu", kNone},
    {"pa", kNone},
    {"ta", kNone},
    {"te", kNone},
    {"kn", kNone},
    {"ml", kNone},
    {"si", kNone},
    {"th", kNone},
    {"lo", kNone},
    {"km", kNone},
    {"my", kNone},
    {"ka", kNone},
    {"hy", kNone},
    {"am", kNone},
    {"zh", kNone},
    {"ja", kNone},
    {"ko", kNone},
    {"jv", kMalay},
    {"su", kMalay},
    {"ceb", kPhilippine},
};

struct Alias {
  std::string_view tag;
  std::string_view of;
};
// Older codes, macrolanguages and varieties that are one class here.
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
  std::transform(primary.begin(), primary.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
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

}  // namespace reasonwatch
