// SPDX-License-Identifier: Apache-2.0
// The rows of bench_detection: asked and measured figures.
#ifndef REASONWATCH_BENCH_DETECTION_TABLE_H_
#define REASONWATCH_BENCH_DETECTION_TABLE_H_

#include <limits>
#include <string>
#include <vector>

namespace reasonwatch {

inline constexpr double kUnbounded = std::numeric_limits<double>::infinity();

struct Row {
  std::string bar;
  std::string what;
  double low = 0;  // asked: low <= measured <= high
  double high = kUnbounded;
  double measured = 0;
  double error = 0;  // standard error of `measured`, 0 = not given
  std::string notes;
  bool asked() const { return low > 0 || high < kUnbounded; }
  bool pass() const { return measured >= low && measured <= high; }
};

class Table {
 public:
  // Prints the row and keeps it.
  void Add(Row row);
  std::string Json() const;
  // Rows that are not as asked.
  int missed() const;

 private:
  std::vector<Row> rows_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_BENCH_DETECTION_TABLE_H_
