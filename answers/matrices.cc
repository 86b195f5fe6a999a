// SPDX-License-Identifier: Apache-2.0
#include "answers/matrices.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "answers/formula_reader.h"
#include "answers/latex.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::Trim;
using formula::ReadFormula;
using math_sign::kMatrixClose;
using math_sign::kMatrixOpen;
using math_sign::kNextRow;

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kMaxSide = 16;      // wider than any that is written out
constexpr int kMaxFactors = 32;      // bounds the work of a long product
constexpr double kTolerance = 1e-9;  // relative to the larger of 1 and a cell
// Two points, one of them with negative values.
constexpr int kSamples[] = {0, 1};

// A matrix in rows, or a scalar as one of a single cell.
struct Table {
  bool scalar = true;
  size_t rows = 1;
  size_t columns = 1;
  std::vector<double> cells = {1};
};

std::optional<double> Number(std::string_view s, int sample) {
  const auto reading = ReadFormula<double>(Trim(s), sample);
  if (!reading || !std::isfinite(reading->value.approx)) return std::nullopt;
  return reading->value.approx;
}

// The matrix between its two signs.
std::optional<Table> ReadTable(std::string_view s, int sample) {
  Table table;
  table.scalar = false;
  table.cells.clear();
  table.rows = 0;
  while (!s.empty()) {
    const size_t end = s.find(kNextRow);
    std::string_view row = s.substr(0, end);
    s = end == kNone ? std::string_view() : s.substr(end + 1);
    if (Trim(row).empty() && Trim(s).empty()) break;
    size_t columns = 0;
    while (true) {
      const size_t cell_end = row.find('&');
      const auto cell = Number(row.substr(0, cell_end), sample);
      if (!cell || ++columns > kMaxSide) return std::nullopt;
      table.cells.push_back(*cell);
      if (cell_end == kNone) break;
      row = row.substr(cell_end + 1);
    }
    if (table.rows == 0) table.columns = columns;
    if (columns != table.columns || ++table.rows > kMaxSide)
      return std::nullopt;
  }
  if (table.rows == 0) return std::nullopt;
  return table;
}

std::optional<Table> Multiply(const Table& a, const Table& b) {
  if (a.scalar || b.scalar) {
    Table product = a.scalar ? b : a;
    const double factor = a.scalar ? a.cells[0] : b.cells[0];
    for (double& cell : product.cells) cell *= factor;
    return product;
  }
  if (a.columns != b.rows) return std::nullopt;
  Table product;
  product.scalar = false;
  product.rows = a.rows;
  product.columns = b.columns;
  product.cells.assign(a.rows * b.columns, 0);
  for (size_t i = 0; i < a.rows; ++i)
    for (size_t k = 0; k < a.columns; ++k)
      for (size_t j = 0; j < b.columns; ++j)
        product.cells[i * b.columns + j] +=
            a.cells[i * a.columns + k] * b.cells[k * b.columns + j];
  return product;
}

// A scalar formula between matrices, without the sign of multiplication and the
// brackets that surround matrices.
std::optional<Table> ReadScalar(std::string_view s, int sample) {
  s = Trim(s);
  while (!s.empty() && (s.front() == '*' || s.front() == ']' ||
                        s.front() == ' ' || s.front() == ')'))
    s.remove_prefix(1);
  while (!s.empty() && (s.back() == '*' || s.back() == '[' || s.back() == ' ' ||
                        s.back() == '('))
    s.remove_suffix(1);
  Table scalar;
  if (s.empty()) return scalar;
  const auto value = Number(s, sample);
  if (!value) return std::nullopt;
  scalar.cells = {*value};
  return scalar;
}

// A product: scalars and matrices side by side.
std::optional<Table> ReadTerm(std::string_view s, int sample) {
  Table product;
  for (int factors = 0; factors < kMaxFactors; ++factors) {
    const size_t open = s.find(kMatrixOpen);
    const auto scalar = ReadScalar(s.substr(0, open), sample);
    if (!scalar) return std::nullopt;
    auto next = Multiply(product, *scalar);
    if (!next) return std::nullopt;
    product = *std::move(next);
    if (open == kNone) return product;
    const size_t close = s.find(kMatrixClose, open);
    if (close == kNone) return std::nullopt;
    const auto table = ReadTable(s.substr(open + 1, close - open - 1), sample);
    if (!table) return std::nullopt;
    next = Multiply(product, *table);
    if (!next) return std::nullopt;
    product = *std::move(next);
    s = s.substr(close + 1);
  }
  return std::nullopt;
}

// A sum of products, parted by signs that no bracket or matrix encloses.
std::optional<Table> ReadSum(std::string_view s, int sample) {
  std::optional<Table> sum;
  bool inside = false;
  int depth = 0;
  bool minus = false;
  size_t begin = 0;
  for (size_t i = 0; i <= s.size(); ++i) {
    const char c = i < s.size() ? s[i] : '+';
    inside = c == kMatrixOpen || (inside && c != kMatrixClose);
    if (!inside && (c == '(' || c == '{')) ++depth;
    if (!inside && (c == ')' || c == '}')) --depth;
    if (i < s.size() && (inside || depth != 0 || (c != '+' && c != '-')))
      continue;
    if (!Trim(s.substr(begin, i - begin)).empty()) {
      auto term = ReadTerm(s.substr(begin, i - begin), sample);
      if (!term) return std::nullopt;
      for (double& cell : term->cells) cell = minus ? -cell : cell;
      if (sum && (sum->rows != term->rows || sum->columns != term->columns ||
                  sum->scalar != term->scalar))
        return std::nullopt;
      if (sum) {
        for (size_t k = 0; k < sum->cells.size(); ++k)
          sum->cells[k] += term->cells[k];
      } else {
        sum = std::move(term);
      }
      minus = false;
    }
    if (c == '-') minus = !minus;
    begin = i + 1;
  }
  return sum;
}

}  // namespace

bool HoldsMatrix(std::string_view s) { return s.find(kMatrixOpen) != kNone; }

bool SameMatrices(std::string_view a, std::string_view b) {
  for (int sample : kSamples) {
    const auto x = ReadSum(a, sample);
    const auto y = ReadSum(b, sample);
    if (!x || !y || x->scalar || y->scalar || x->rows != y->rows ||
        x->columns != y->columns)
      return false;
    for (size_t i = 0; i < x->cells.size(); ++i)
      if (std::abs(x->cells[i] - y->cells[i]) >
          kTolerance * std::max(1.0, std::abs(x->cells[i])))
        return false;
  }
  return true;
}

}  // namespace reasonwatch
