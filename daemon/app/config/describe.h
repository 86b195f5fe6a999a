// SPDX-License-Identifier: Apache-2.0
// The description of the configuration: every key once, with its field and its
// range. A reader and a printer walk the same description, so everything that
// is printed can be read.
//
// V is ConfigReader, ConfigPrinter or ConfigWalk. Each function describes some
// top-level sections; the .cc files hold the instances.
#ifndef REASONWATCH_DAEMON_APP_CONFIG_DESCRIBE_H_
#define REASONWATCH_DAEMON_APP_CONFIG_DESCRIBE_H_

#include <string_view>

#include "daemon/app/config/config.h"

namespace reasonwatch {

// tap, http, streams, models, formats, queue: describe_intake.cc.
template <typename V>
void DescribeIntake(V& v, Config& c);
// reference, false_alarms, signals: describe_detection.cc.
template <typename V>
void DescribeDetection(V& v, Config& c);
// storage, baseline, grading: describe_data.cc.
template <typename V>
void DescribeData(V& v, Config& c);
// rescore, webhook, selftest, log: describe_rescore.cc.
template <typename V>
void DescribeRescore(V& v, Config& c);

// Every section, in the order in which they are printed.
template <typename V>
void Describe(V& v, Config& c) {
  DescribeIntake(v, c);
  DescribeDetection(v, c);
  DescribeData(v, c);
  DescribeRescore(v, c);
}

inline bool IsUrl(std::string_view s) {
  return s.starts_with("http://") || s.starts_with("https://");
}

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_CONFIG_DESCRIBE_H_
