#include "detectors/regression/prompt_regression.h"

#include <Eigen/Cholesky>
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>

namespace reasonwatch {
namespace {

constexpr double kRidges[] = {.1, .3, 1, 3};
// The ridge is chosen on at most this many rows; the final fit uses all.
constexpr size_t kRidgeRows = 400;
constexpr double kMinExplained = .02;
constexpr size_t kMinRows = 20;

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

// Of K + ridge I. K's upper triangle stays as it is; the factors take the place
// of the lower one, for a copy is 32 MB for 2,000 rows.
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

// Of the first n rows, by their words.
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
  const size_t n = rows.size();
  const auto size = static_cast<Eigen::Index>(n);
  // Means over the rows that have the reading; a missing one is set to the
  // mean, where it neither pulls nor is used.
  Matrix y(size, kFeatureCount);
  std::array<bool, kFeatureCount> varies{};
  for (int f = 0; f < kFeatureCount; ++f) {
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (const ReferenceRow& row : rows) {
      const float v = row.values[static_cast<size_t>(f)];
      if (std::isnan(v)) continue;
      sum += v;
      squares += static_cast<double>(v) * static_cast<double>(v);
      ++count;
    }
    const double mean = count > 0 ? sum / count : 0;
    fit.model.means_[static_cast<size_t>(f)] = static_cast<float>(mean);
    varies[static_cast<size_t>(f)] =
        count > 0 && squares / count - mean * mean > 1e-6;
    for (size_t i = 0; i < n; ++i) {
      const float v = rows[i].values[static_cast<size_t>(f)];
      y(static_cast<Eigen::Index>(i), f) = std::isnan(v) ? 0 : v - mean;
    }
  }
  fit.held_out.assign(n, fit.model.means_);
  // Leave-one-out for the means too.
  if (n > 1) {
    for (size_t i = 0; i < n; ++i)
      for (int f = 0; f < kFeatureCount; ++f)
        fit.held_out[i][static_cast<size_t>(f)] -= static_cast<float>(
            y(static_cast<Eigen::Index>(i), f) / static_cast<double>(n - 1));
  }
  const bool has_words = std::any_of(
      rows.begin(), rows.end(), [](const auto& r) { return !r.terms.empty(); });
  if (n < kMinRows || !has_words) return fit;

  const Design design = MakeDesign(rows);
  const size_t probe = std::min(n, kRidgeRows);
  const auto probe_size = static_cast<Eigen::Index>(probe);
  std::array<double, kFeatureCount> ridge{};
  std::array<double, kFeatureCount> best_error;
  best_error.fill(INFINITY);
  {
    Matrix k = Kernel(design, probe);
    const Groups groups = GroupByPrompt(rows, probe);
    for (double candidate : kRidges) {
      const Matrix g = InverseWithRidge(k, candidate);
      const Matrix residuals =
          HeldOutResiduals(g, g * y.topRows(probe_size), groups);
      for (int f = 0; f < kFeatureCount; ++f) {
        const double error = residuals.col(f).squaredNorm();
        if (error < best_error[static_cast<size_t>(f)]) {
          best_error[static_cast<size_t>(f)] = error;
          ridge[static_cast<size_t>(f)] = candidate;
        }
      }
    }
  }
  std::vector<int> kept;
  for (int f = 0; f < kFeatureCount; ++f) {
    if (!varies[static_cast<size_t>(f)]) continue;
    const double total = y.col(f).topRows(probe_size).squaredNorm();
    const double explained =
        total > 0 ? 1 - best_error[static_cast<size_t>(f)] / total : 0;
    if (explained < kMinExplained) continue;
    fit.model.explained_[static_cast<size_t>(f)] = explained;
    kept.push_back(f);
    fit.model.fitted_features_.push_back(static_cast<uint8_t>(f));
  }
  if (kept.empty()) return fit;

  fit.model.idf_ = design.idf;
  fit.model.weights_.assign(kPromptTerms * kept.size(), 0);
  Matrix k = Kernel(design, n);
  const Groups groups = GroupByPrompt(rows, n);
  for (double candidate : kRidges) {
    if (std::none_of(kept.begin(), kept.end(), [&](int f) {
          return ridge[static_cast<size_t>(f)] == candidate;
        }))
      continue;
    const Matrix g = InverseWithRidge(k, candidate);
    const Matrix a = g * y;
    const Matrix residuals = HeldOutResiduals(g, a, groups);
    for (size_t j = 0; j < kept.size(); ++j) {
      const int f = kept[j];
      if (ridge[static_cast<size_t>(f)] != candidate) continue;
      for (size_t i = 0; i < n; ++i) {
        const auto row = static_cast<Eigen::Index>(i);
        for (const auto& [t, w] : design.rows[i])
          fit.model.weights_[t * kept.size() + j] +=
              static_cast<float>(w * a(row, f));
        fit.held_out[i][static_cast<size_t>(f)] =
            static_cast<float>(fit.model.means_[static_cast<size_t>(f)] +
                               y(row, f) - residuals(row, f));
      }
    }
  }
  return fit;
}

void PromptRegression::Save(StateWriter& out) const {
  out.Put(means_);
  out.Put(explained_);
  out.PutVector(fitted_features_);
  out.PutVector(idf_);
  out.PutVector(weights_);
}

void PromptRegression::Restore(StateReader& in) {
  in.Get(means_);
  in.Get(explained_);
  in.GetVector(fitted_features_);
  in.GetVector(idf_);
  in.GetVector(weights_);
  const size_t terms = fitted_features_.empty() ? 0 : kPromptTerms;
  if (idf_.size() != terms ||
      weights_.size() != terms * fitted_features_.size() ||
      fitted_features_.size() > kFeatureCount)
    return in.Fail();
  for (uint8_t f : fitted_features_)
    if (f >= kFeatureCount) in.Fail();
}

}  // namespace reasonwatch
