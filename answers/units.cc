// SPDX-License-Identifier: Apache-2.0
// First the table of units, then the ways in which a name stands beside a
// number.
#include "answers/units.h"

#include <cstddef>
#include <string>
#include <vector>

#include "answers/languages.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsAlnum;
using ascii::IsBeyond;
using ascii::IsLetter;
using ascii::IsSpace;

// Bytes of a unit's name, and of the space before it.
constexpr size_t kMaxName = 24;
// Two factors are the same one if they differ by less, relatively.
constexpr double kSameFactor = 1e-9;

struct Row {
  int dimension;
  double factor;
  std::string_view names;  // parted by '|', symbols in their own case
};
enum : int {
  kLength = 1,
  kMass,
  kTime,
  kVolume,
  kArea,
  kDollar,
  kEuro,
  kPound,
  kYen,
  kRupee,
  kCelsius,
  kFahrenheit,
  kKelvin,
  kSpeed,
  kAngle,
  kEnergy,
  kPower,
  kBytes
};
// table: units, each dimension's first one with the factor 1. A plural "s" is
// understood behind a word.
constexpr Row kUnits[] = {
    {kLength, 1, "m|meter|metre|mètre|metro|метр"},
    {kLength, 1e3, "km|kilometer|kilometre|kilomètre|kilómetro|chilometro"},
    {kLength, 1e-2, "cm|centimeter|centimetre|centimètre|centímetro"},
    {kLength, 1e-3, "mm|millimeter|millimetre"},
    {kLength, .3048, "ft|foot|feet"},
    {kLength, .0254, "in|inch|inches"},
    {kLength, .9144, "yd|yard"},
    {kLength, 1609.344, "mi|mile"},
    {kMass, 1, "kg|kilogram|kilogramm|kilo|килограмм"},
    {kMass, 1e-3, "g|gram|gramm|gramme"},
    {kMass, 1e-6, "mg|milligram"},
    {kMass, 1e3, "t|ton|tonne|tonnen"},
    {kMass, .45359237, "lb|lbs|pound"},
    {kMass, .028349523125, "oz|ounce"},
    {kTime, 1, "s|sec|second|sekunden|segundo|seconde"},
    {kTime, 60, "min|minute|minuten|minuto"},
    {kTime, 3600, "h|hr|hrs|hour|stunden|stunde|heure|hora|ora|ore"},
    {kTime, 86400, "d|day|tage|jour|día|giorni|days"},
    {kTime, 604800, "week|wochen|semaine|semana"},
    {kTime, 1e-3, "ms|millisecond"},
    {kVolume, 1, "l|L|liter|litre|litro"},
    {kVolume, 1e-3, "ml|mL|milliliter|millilitre"},
    {kVolume, 1e3, "m^3|m³"},
    {kVolume, 1e-3, "cm^3|cm³"},
    {kArea, 1, "m^2|m²|sqm"},
    {kArea, 1e-4, "cm^2|cm²"},
    {kArea, 1e6, "km^2|km²"},
    {kArea, 1e4, "ha|hectare|hectares"},
    {kDollar, 1, "$|\\$|usd|USD|US$|dollar|dólar|доллар"},
    {kDollar, .01, "¢|cent"},
    {kEuro, 1, "€|EUR|eur|euro"},
    {kPound, 1, "£|GBP|gbp"},
    {kYen, 1, "¥|JPY|CNY|RMB|yen|yuan|元|円"},
    {kRupee, 1, "₹|INR|Rs|rupee"},
    {kCelsius, 1, "°C|℃|celsius|degrees celsius|degree celsius"},
    {kFahrenheit, 1, "°F|℉|fahrenheit|degrees fahrenheit|degree fahrenheit"},
    {kKelvin, 1, "K|kelvin"},
    {kSpeed, 1, "m/s"},
    {kSpeed, 1 / 3.6, "km/h|kph|kmh"},
    {kSpeed, .44704, "mph"},
    {kAngle, 1, "°|^\\circ|^{\\circ}|degree|deg|grad"},
    {kAngle, 57.29577951308232, "rad|radian"},
    {kEnergy, 1, "J|joule"},
    {kEnergy, 1e3, "kJ|kilojoule"},
    {kEnergy, 4184, "kcal"},
    {kPower, 1, "W|watt"},
    {kPower, 1e3, "kW|kilowatt"},
    {kBytes, 1, "MB|megabyte"},
    {kBytes, 1e3, "GB|gigabyte"},
    {kBytes, 1e-3, "kB|KB|kilobyte"},
};

struct Name {
  std::string_view text;
  Unit unit;
  bool is_money = false;
};

// Every name of the table, in its order.
const std::vector<Name>& Names() {
  static const auto& names = *[] {
    auto* all = new std::vector<Name>;
    for (const Row& row : kUnits)
      for (std::string_view rest = row.names; !rest.empty();) {
        const size_t bar = rest.find('|');
        all->push_back({rest.substr(0, bar),
                        {row.dimension, row.factor},
                        IsMoney({row.dimension, row.factor})});
        rest = bar == std::string_view::npos ? "" : rest.substr(bar + 1);
      }
    return all;
  }();
  return names;
}

std::string LowerOf(std::string_view s) {
  std::string lower;
  for (size_t i = 0; i < s.size();) i += languages::AppendLower(s, i, lower);
  return lower;
}

// Does `text` begin with the unit's name and end there, but for a plural?
bool BeginsWith(std::string_view text, std::string_view lower,
                std::string_view name) {
  const bool word = name.size() > 3;  // a symbol keeps its case
  const std::string_view read = word ? lower : text;
  if (read.empty() || read[0] != name[0] || !read.starts_with(name))
    return false;
  if (!IsLetter(name.back()) && !IsBeyond(name.back())) return true;
  size_t end = name.size();
  if (word && end < text.size() && text[end] == 's') ++end;
  // "12 in total" has no unit.
  if (name == "in" && end < text.size() && text[end] == ' ') return false;
  // "m^2" is no "m", "km/h" no "km".
  return end == text.size() || (!IsAlnum(text[end]) && !IsBeyond(text[end]) &&
                                text[end] != '^' && text[end] != '/');
}

bool EndsWith(std::string_view text, std::string_view name) {
  if (!text.ends_with(name)) return false;
  const size_t begin = text.size() - name.size();
  return !IsLetter(name[0]) || begin == 0 || !IsLetter(text[begin - 1]);
}

// "m" of "\text{ m}", "\,\mathrm{m}".
std::string_view Bare(std::string_view s) {
  for (bool more = true; more && !s.empty();) {
    more = false;
    if (IsSpace(s[0]) || s[0] == '~' || s[0] == '{' || s[0] == '$') {
      // A dollar sign behind a number closes its formula.
      s.remove_prefix(1);
      more = true;
    }
    for (std::string_view command :
         {"\\text{", "\\mathrm{", "\\textrm{", "\\,", "\\ ", "\\;", "\\:"}) {
      if (!s.starts_with(command)) continue;
      s.remove_prefix(command.size());
      more = true;
    }
  }
  return s;
}

}  // namespace

Unit UnitBeside(std::string_view before, std::string_view after) {
  const std::string_view raw = after.substr(0, kMaxName);
  after = Bare(after).substr(0, kMaxName);
  const std::string lower = LowerOf(after);
  while (!before.empty() && (IsSpace(before.back()) || before.back() == '{'))
    before.remove_suffix(1);
  // "$12$" is a formula.
  if (before.ends_with('$') && raw.find('$') != std::string_view::npos)
    before.remove_suffix(1);
  const Name* found = nullptr;
  for (const Name& name : Names())
    if ((found == nullptr || name.text.size() > found->text.size()) &&
        (BeginsWith(after, lower, name.text) ||
         (name.is_money && EndsWith(before, name.text))))
      found = &name;
  return found == nullptr ? Unit{} : found->unit;
}

bool IsMoney(const Unit& unit) {
  return unit.dimension >= kDollar && unit.dimension <= kRupee;
}

bool AreTemperatures(const Unit& a, const Unit& b) {
  const auto is = [](const Unit& u) {
    return u.dimension == kCelsius || u.dimension == kFahrenheit ||
           u.dimension == kKelvin;
  };
  return is(a) && is(b);
}

bool AgreeInUnit(const Unit& a, const Unit& b) {
  if (a.dimension == 0 || b.dimension == 0) return true;
  const double ratio = a.factor / b.factor;
  return a.dimension == b.dimension && ratio > 1 - kSameFactor &&
         ratio < 1 + kSameFactor;
}

}  // namespace reasonwatch
