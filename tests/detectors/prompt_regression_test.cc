// SPDX-License-Identifier: Apache-2.0
// Fits on rows with known effects of words: how much is explained, held-out
// residuals against those of unseen prompts, and the stored model.
#include "detectors/reference/prompt_regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

using testing::Draw;

constexpr auto kTokens = static_cast<size_t>(Feature::kOutputTokens);

ReferenceRow Row(std::vector<uint16_t> terms, double tokens) {
  ReferenceRow row;
  row.terms = std::move(terms);
  row.values.fill(kNoReading);
  row.values[kTokens] = static_cast<float>(tokens);
  return row;
}

// Prompts of one of two words, and one of forty others, of which the two
// decide the length.
std::vector<ReferenceRow> TwoKinds(int n, uint64_t seed) {
  Draw draw(seed);
  std::vector<ReferenceRow> rows;
  for (int i = 0; i < n; ++i) {
    const bool hard = draw.Chance(.5);
    rows.push_back(Row({static_cast<uint16_t>(hard ? 2 : 1),
                        static_cast<uint16_t>(100 + draw.Below(40))},
                       (hard ? 11 : 6) + .3 * draw.Normal()));
  }
  return rows;
}

// x of a x = b by elimination with pivots.
std::vector<double> Solve(std::vector<std::vector<double>> a,
                          std::vector<double> b) {
  const size_t n = b.size();
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t i = k; i < n; ++i)
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (size_t i = k + 1; i < n; ++i) {
      const double f = a[i][k] / a[k][k];
      for (size_t j = k; j < n; ++j) a[i][j] -= f * a[k][j];
      b[i] -= f * b[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    for (size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

// Expectation of row `left_out` from a ridge regression on the rows of other
// words, with the word weights of all rows.
double Refit(const std::vector<ReferenceRow>& rows, size_t left_out,
             double ridge) {
  const double n = static_cast<double>(rows.size());
  std::vector<double> idf(kPromptTerms);
  for (size_t t = 0; t < idf.size(); ++t) {
    double documents = 0;
    for (const auto& row : rows)
      documents += std::count(row.terms.begin(), row.terms.end(), t) > 0;
    idf[t] = std::log((n + 1) / (documents + 1));
  }
  double mean = 0;
  for (const auto& row : rows)
    mean += static_cast<double>(row.values[kTokens]) / n;
  const auto length = [&](const ReferenceRow& row) {
    double sum = 0;
    for (uint16_t t : row.terms) sum += idf[t] * idf[t];
    return std::sqrt(sum);
  };
  const auto kernel = [&](const ReferenceRow& x, const ReferenceRow& y) {
    double sum = 0;
    for (uint16_t t : x.terms)
      for (uint16_t u : y.terms)
        if (t == u) sum += idf[t] * idf[t];
    return sum / length(x) / length(y);
  };
  std::vector<std::vector<double>> a;
  std::vector<double> b;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].terms == rows[left_out].terms) continue;
    auto& line = a.emplace_back();
    for (size_t j = 0; j < rows.size(); ++j)
      if (rows[j].terms != rows[left_out].terms)
        line.push_back(kernel(rows[i], rows[j]) + (i == j ? ridge : 0));
    b.push_back(static_cast<double>(rows[i].values[kTokens]) - mean);
  }
  const std::vector<double> x = Solve(a, b);
  double sum = mean;
  size_t k = 0;
  for (size_t j = 0; j < rows.size(); ++j)
    if (rows[j].terms != rows[left_out].terms)
      sum += x[k++] * kernel(rows[left_out], rows[j]);
  return sum;
}

TEST(PromptRegression, HeldOutExpectationsEqualExplicitRefits) {
  // More than Eigen factorises in one block.
  const auto rows = TwoKinds(80, 1);
  const PromptRegressionFit fit = FitPromptRegression(rows);
  ASSERT_GT(fit.model.explained(Feature::kOutputTokens), .5);
  // The ridge with the smallest leave-one-out error is the one to be chosen.
  double best_ridge = 0;
  double best_error = std::numeric_limits<double>::infinity();
  for (double ridge : {.1, .3, 1.0, 3.0}) {
    double error = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const double residual =
          static_cast<double>(rows[i].values[kTokens]) - Refit(rows, i, ridge);
      error += residual * residual;
    }
    if (error < best_error) {
      best_error = error;
      best_ridge = ridge;
    }
  }
  for (size_t i = 0; i < rows.size(); ++i)
    EXPECT_NEAR(fit.held_out[i][kTokens], Refit(rows, i, best_ridge), 1e-4);
}

// A problem's length is its own, and the reference asks each several times:
// the held-out residuals must be as wide as those of unseen problems.
TEST(PromptRegression, PromptsAskedAgainDoNotTellOnThemselves) {
  Draw draw(3);
  const auto asked = [&](int prompts, int times) {
    std::vector<ReferenceRow> rows;
    for (int p = 0; p < prompts; ++p) {
      std::vector<uint16_t> words = {7};
      for (int w = 0; w < 3; ++w)
        words.push_back(static_cast<uint16_t>(100 + draw.Below(300)));
      const double own = 8 + draw.Normal();
      for (int t = 0; t < times; ++t)
        rows.push_back(Row(words, own + .1 * draw.Normal()));
    }
    return rows;
  };
  const auto rows = asked(40, 5);
  const PromptRegressionFit fit = FitPromptRegression(rows);
  double held_out = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto residual =
        static_cast<double>(rows[i].values[kTokens] - fit.held_out[i][kTokens]);
    held_out += residual * residual / static_cast<double>(rows.size());
  }
  const auto unseen = asked(200, 1);
  double live = 0;
  for (const ReferenceRow& row : unseen) {
    const auto residual = static_cast<double>(
        row.values[kTokens] - fit.model.Expect(row.terms)[kTokens]);
    live += residual * residual / static_cast<double>(unseen.size());
  }
  EXPECT_LT(std::sqrt(live / held_out), 1.3);
}

TEST(PromptRegression, WordsThatExplainLengthTakeItOut) {
  const PromptRegressionFit fit = FitPromptRegression(TwoKinds(600, 2));
  EXPECT_GT(fit.model.explained(Feature::kOutputTokens), .8);
  const std::vector<uint16_t> easy = {1, 110};
  const std::vector<uint16_t> hard = {2, 110};
  const std::vector<uint16_t> unseen = {3000};
  EXPECT_NEAR(fit.model.Expect(easy)[kTokens], 6, .5);
  EXPECT_NEAR(fit.model.Expect(hard)[kTokens], 11, .5);
  EXPECT_NEAR(fit.model.Expect(unseen)[kTokens], 8.5, .3);
}

TEST(PromptRegression, WordsThatSayNothingKeepTheMean) {
  Draw draw(3);
  std::vector<ReferenceRow> rows;
  for (int i = 0; i < 200; ++i)
    rows.push_back(
        Row({static_cast<uint16_t>(draw.Below(4000))}, 8 + draw.Normal()));
  const PromptRegressionFit fit = FitPromptRegression(rows);
  EXPECT_EQ(fit.model.explained(Feature::kOutputTokens), 0);
  EXPECT_FLOAT_EQ(fit.model.Expect(rows[0].terms)[kTokens],
                  fit.model.Expect({})[kTokens]);
}

TEST(PromptRegression, RowsWithoutWordsLeaveMeansOfTheOthers) {
  std::vector<ReferenceRow> rows;
  for (int i = 0; i < 5; ++i) rows.push_back(Row({}, i));
  const PromptRegressionFit fit = FitPromptRegression(rows);
  EXPECT_FLOAT_EQ(fit.model.Expect({})[kTokens], 2);
  // Row 0 against the mean of 1..4.
  EXPECT_FLOAT_EQ(fit.held_out[0][kTokens], 2.5);
  EXPECT_FLOAT_EQ(fit.held_out[4][kTokens], 1.5);
}

TEST(PromptRegression, EmptyReferenceFitsNothing) {
  const PromptRegressionFit fit = FitPromptRegression({});
  EXPECT_TRUE(fit.held_out.empty());
  EXPECT_EQ(fit.model.Expect({})[kTokens], 0);
}

TEST(PromptRegression, SurvivesSaveAndRestore) {
  const PromptRegressionFit fit = FitPromptRegression(TwoKinds(100, 4));
  StateWriter out;
  out.Field("state", fit.model);
  const bool versioned = out.versioned();
  const std::string bytes = out.Finish();
  PromptRegression restored;
  StateReader in(bytes);
  if (versioned) in.ReadVersions();
  in.Field("state", restored);
  ASSERT_TRUE(in.AtEnd());
  for (const std::vector<uint16_t>& terms :
       {std::vector<uint16_t>{1, 105}, {2, 105}, {3}, {}}) {
    EXPECT_EQ(restored.Expect(terms), fit.model.Expect(terms));
  }
  for (size_t cut = 0; cut < bytes.size(); cut += 97) {
    PromptRegression broken;
    StateReader part(std::string_view(bytes).substr(0, cut));
    if (versioned) part.ReadVersions();
    part.Field("state", broken);
    EXPECT_FALSE(part.ok());
  }
}

}  // namespace
}  // namespace reasonwatch
