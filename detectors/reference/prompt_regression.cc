// SPDX-License-Identifier: Apache-2.0
// First the design, rows of TF-IDF weights and their kernel; then the pieces of
// a fit in their order: means, the ridge of each feature on some of the rows,
// the weights on all of them. FitPromptRegression() puts them together.
#include "detectors/reference/prompt_regression.h"

#include <Eigen/Cholesky>
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>

#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// Rows have length 1, so a ridge of 1 halves the weight of a single row;
// smaller ones suit few rows a topic, larger ones many.
constexpr double kRidges[] = {.1, .3, 1, 3};
// The ridge is chosen on at most this many rows, as each candidate costs a fit
// of them; the final fit uses all.
constexpr size_t kRidgeRows = 400;
// A feature with a leave-one-out R^2 under this keeps its mean: on a few
// hundred rows less is chance.
constexpr double kMinExplained = .02;
// Fewer rows explain nothing of 4,096 words.
constexpr size_t kMinRows = 20;
// A feature that is nearly constant has nothing to explain.
constexpr double kMinVariance = 1e-6;

using Matrix = Eigen::MatrixXd;

// Rows of TF-IDF weights, sparse, length 1.
struct Design {
  std::vector<float> idf;
  std::vector<std::vector<std::pair<uint16_t, float>>> rows;
};

float RowScale(std::span<const uint16_t> terms, const std::vector<float>& idf) {
  float sum = 0;
  for (uint16_t t : terms)
    if (t < kPromptTerms) sum += idf[t] * idf[t];
  return sum > 0 ? 1 / std::sqrt(sum) : 0;
}

Design MakeDesign(std::span<const ReferenceRow> rows) {
  Design d;
  std::vector<int> documents(kPromptTerms, 0);
  for (const ReferenceRow& row : rows)
    for (uint16_t t : row.terms)
      if (t < kPromptTerms) ++documents[t];
  d.idf.resize(kPromptTerms);
  const double n = static_cast<double>(rows.size());
  for (int t = 0; t < kPromptTerms; ++t)
    d.idf[static_cast<size_t>(t)] = static_cast<float>(
        std::log((n + 1) / (documents[static_cast<size_t>(t)] + 1)));
  for (const ReferenceRow& row : rows) {
    const float scale = RowScale(row.terms, d.idf);
    auto& out = d.rows.emplace_back();
    for (uint16_t t : row.terms)
      if (t < kPromptTerms) out.emplace_back(t, d.idf[t] * scale);
  }
  return d;
}

Matrix Kernel(const Design& d, size_t n) {
  Matrix k(n, n);
  std::vector<float> dense(kPromptTerms, 0);
  for (size_t i = 0; i < n; ++i) {
    for (const auto& [t, w] : d.rows[i]) dense[t] = w;
    for (size_t j = 0; j <= i; ++j) {
      float sum = 0;
      for (const auto& [t, w] : d.rows[j]) sum += w * dense[t];
      k(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = sum;
      k(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)) = sum;
    }
    for (const auto& [t, w] : d.rows[i]) dense[t] = 0;
  }
  return k;
}

// The inverse of K + ridge I. K's upper triangle stays as it is; the factors
// take the place of the lower one, for a copy is 32 MB for 2,000 rows.
Matrix InverseWithRidge(Matrix& k, double ridge) {
  const Eigen::VectorXd diagonal = k.diagonal();
  k.triangularView<Eigen::StrictlyLower>() = k.transpose();
  k.diagonal().array() += ridge;
  Matrix inverse = Matrix::Identity(k.rows(), k.cols());
  const Eigen::LLT<Eigen::Ref<Matrix>> factors(k);
  factors.solveInPlace(inverse);
  k.diagonal() = diagonal;
  return inverse;
}

using Groups = std::vector<std::vector<Eigen::Index>>;

// The first n rows by their words.
Groups GroupByPrompt(std::span<const ReferenceRow> rows, size_t n) {
  std::map<std::vector<uint16_t>, std::vector<Eigen::Index>> by_words;
  for (size_t i = 0; i < n; ++i)
    by_words[rows[i].terms].push_back(static_cast<Eigen::Index>(i));
  Groups groups;
  for (auto& [words, members] : by_words) groups.push_back(std::move(members));
  return groups;
}

// Residuals of each group without itself: G_gg^-1 a_g.
Matrix HeldOutResiduals(const Matrix& g, const Matrix& a,
                        const Groups& groups) {
  Matrix residuals(a.rows(), a.cols());
  for (const std::vector<Eigen::Index>& group : groups) {
    if (group.size() == 1) {
      const Eigen::Index i = group.front();
      residuals.row(i) = a.row(i) / g(i, i);
      continue;
    }
    const Matrix block = g(group, group);
    const Matrix own = a(group, Eigen::all);
    const Matrix held_out = block.llt().solve(own);
    residuals(group, Eigen::all) = held_out;
  }
  return residuals;
}

// The features of the rows less their means, and which of them vary.
struct Centred {
  Matrix y;  // [row][feature]
  std::array<bool, kFeatureCount> varies{};
};

// Means over the rows that have the reading; a missing one is set to the mean:
// there it neither pulls nor is used.
Centred CentreOnMeans(std::span<const ReferenceRow> rows,
                      FeatureVector& means) {
  Centred centred;
  centred.y.resize(static_cast<Eigen::Index>(rows.size()), kFeatureCount);
  for (int f = 0; f < kFeatureCount; ++f) {
    const auto feature = static_cast<size_t>(f);
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (const ReferenceRow& row : rows) {
      const float v = row.values[feature];
      if (std::isnan(v)) continue;
      sum += v;
      squares += static_cast<double>(v) * static_cast<double>(v);
      ++count;
    }
    const double mean = count > 0 ? sum / count : 0;
    means[feature] = static_cast<float>(mean);
    centred.varies[feature] =
        count > 0 && squares / count - mean * mean > kMinVariance;
    for (size_t i = 0; i < rows.size(); ++i) {
      const float v = rows[i].values[feature];
      centred.y(static_cast<Eigen::Index>(i), f) = std::isnan(v) ? 0 : v - mean;
    }
  }
  return centred;
}

// A length that no row has from one source (its mean is then 0) is expected to
// be as the other source has it: near enough for the bins of residuals.
void ShareMeans(FeatureVector& means) {
  for (const Feature length : kCountedLengths) {
    float& counted = means[static_cast<size_t>(length)];
    float& estimated = means[static_cast<size_t>(EstimateOf(length))];
    if (counted == 0) counted = estimated;
    if (estimated == 0) estimated = counted;
  }
}

// The means that leave each row out.
std::vector<FeatureVector> HeldOutMeans(const FeatureVector& means,
                                        const Matrix& y) {
  const auto n = static_cast<size_t>(y.rows());
  std::vector<FeatureVector> held_out(n, means);
  if (n <= 1) return held_out;
  for (size_t i = 0; i < n; ++i)
    for (int f = 0; f < kFeatureCount; ++f)
      held_out[i][static_cast<size_t>(f)] -= static_cast<float>(
          y(static_cast<Eigen::Index>(i), f) / static_cast<double>(n - 1));
  return held_out;
}

size_t ProbeRows(std::span<const ReferenceRow> rows) {
  return std::min(rows.size(), kRidgeRows);
}

// The ridge of each feature with the least leave-one-out error.
struct RidgeChoice {
  std::array<double, kFeatureCount> ridge{};
  std::array<double, kFeatureCount> error;
};

RidgeChoice ChooseRidges(std::span<const ReferenceRow> rows,
                         const Design& design, const Matrix& y) {
  RidgeChoice choice;
  choice.error.fill(INFINITY);
  const size_t probe = ProbeRows(rows);
  Matrix k = Kernel(design, probe);
  const Groups groups = GroupByPrompt(rows, probe);
  for (double candidate : kRidges) {
    const Matrix g = InverseWithRidge(k, candidate);
    const Matrix residuals = HeldOutResiduals(
        g, g * y.topRows(static_cast<Eigen::Index>(probe)), groups);
    for (int f = 0; f < kFeatureCount; ++f) {
      const double error = residuals.col(f).squaredNorm();
      if (error < choice.error[static_cast<size_t>(f)]) {
        choice.error[static_cast<size_t>(f)] = error;
        choice.ridge[static_cast<size_t>(f)] = candidate;
      }
    }
  }
  return choice;
}

// Weights [term][kept feature] on all rows; writes the kept features'
// expectations that leave each row out.
std::vector<float> FitWeights(std::span<const ReferenceRow> rows,
                              const Design& design, const Matrix& y,
                              const RidgeChoice& choice,
                              const std::vector<int>& kept,
                              const FeatureVector& means,
                              std::vector<FeatureVector>& held_out) {
  std::vector<float> weights(kPromptTerms * kept.size(), 0);
  const size_t n = rows.size();
  Matrix k = Kernel(design, n);
  const Groups groups = GroupByPrompt(rows, n);
  for (double candidate : kRidges) {
    if (std::none_of(kept.begin(), kept.end(), [&](int f) {
          return choice.ridge[static_cast<size_t>(f)] == candidate;
        }))
      continue;
    const Matrix g = InverseWithRidge(k, candidate);
    const Matrix a = g * y;
    const Matrix residuals = HeldOutResiduals(g, a, groups);
    for (size_t j = 0; j < kept.size(); ++j) {
      const int f = kept[j];
      if (choice.ridge[static_cast<size_t>(f)] != candidate) continue;
      for (size_t i = 0; i < n; ++i) {
        const auto row = static_cast<Eigen::Index>(i);
        for (const auto& [t, w] : design.rows[i])
          weights[t * kept.size() + j] += static_cast<float>(w * a(row, f));
        held_out[i][static_cast<size_t>(f)] = static_cast<float>(
            means[static_cast<size_t>(f)] + y(row, f) - residuals(row, f));
      }
    }
  }
  return weights;
}

}  // namespace

FeatureVector PromptRegression::Expect(std::span<const uint16_t> terms) const {
  FeatureVector expected = means_;
  if (fitted_features_.empty()) return expected;
  const float scale = RowScale(terms, idf_);
  const size_t m = fitted_features_.size();
  std::array<float, kFeatureCount> sums{};
  for (uint16_t t : terms) {
    if (t >= kPromptTerms) continue;
    const float w = idf_[t] * scale;
    const float* row = &weights_[t * m];
    for (size_t f = 0; f < m; ++f) sums[f] += w * row[f];
  }
  for (size_t f = 0; f < m; ++f) expected[fitted_features_[f]] += sums[f];
  return expected;
}

PromptRegressionFit FitPromptRegression(std::span<const ReferenceRow> rows) {
  PromptRegressionFit fit;
  const Centred centred = CentreOnMeans(rows, fit.model.means_);
  ShareMeans(fit.model.means_);
  const Matrix& y = centred.y;
  fit.held_out = HeldOutMeans(fit.model.means_, y);
  const bool has_words = std::any_of(
      rows.begin(), rows.end(), [](const auto& r) { return !r.terms.empty(); });
  if (rows.size() < kMinRows || !has_words) return fit;

  const Design design = MakeDesign(rows);
  const RidgeChoice choice = ChooseRidges(rows, design, y);
  std::vector<int> kept;
  for (int f = 0; f < kFeatureCount; ++f) {
    const auto i = static_cast<size_t>(f);
    if (!centred.varies[i]) continue;
    const double total =
        y.col(f)
            .topRows(static_cast<Eigen::Index>(ProbeRows(rows)))
            .squaredNorm();
    const double explained = total > 0 ? 1 - choice.error[i] / total : 0;
    if (explained < kMinExplained) continue;
    fit.model.explained_[i] = explained;
    kept.push_back(f);
    fit.model.fitted_features_.push_back(static_cast<uint8_t>(f));
  }
  if (kept.empty()) return fit;
  fit.model.idf_ = design.idf;
  fit.model.weights_ =
      FitWeights(rows, design, y, choice, kept, fit.model.means_, fit.held_out);
  return fit;
}

template <typename Archive>
void Describe(Archive& archive, PromptRegression& r) {
  DescribePerFeature(archive, "means", r.means_);
  if constexpr (Archive::kReads) ShareMeans(r.means_);
  DescribePerFeature(archive, "explained", r.explained_);
  archive.Field("fitted_features", r.fitted_features_);
  archive.Field("idf", r.idf_);
  archive.Field("weights", r.weights_);
  const size_t features = r.fitted_features_.size();
  const size_t terms = features == 0 ? 0 : kPromptTerms;
  archive.Require(r.idf_.size() == terms &&
                  r.weights_.size() == terms * features &&
                  features <= kFeatureCount);
  for (uint8_t f : r.fitted_features_) archive.Require(f < kFeatureCount);
}
REASONWATCH_DESCRIBE(PromptRegression);

}  // namespace reasonwatch
