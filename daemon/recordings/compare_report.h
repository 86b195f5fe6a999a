// SPDX-License-Identifier: Apache-2.0
// A comparison's report in words (compare.h has its forms).
#ifndef REASONWATCH_DAEMON_RECORDINGS_COMPARE_REPORT_H_
#define REASONWATCH_DAEMON_RECORDINGS_COMPARE_REPORT_H_

#include <string>

#include "daemon/recordings/compare.h"

namespace reasonwatch {

// "output_tokens x0.61 (0.58 to 0.65)", "boxed 80.0 % to 12.5 %".
std::string DescribeChange(const PairedChange& change);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_COMPARE_REPORT_H_
