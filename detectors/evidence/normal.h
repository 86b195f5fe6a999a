// SPDX-License-Identifier: Apache-2.0
// The normal distribution.
#ifndef REASONWATCH_DETECTORS_EVIDENCE_NORMAL_H_
#define REASONWATCH_DETECTORS_EVIDENCE_NORMAL_H_

namespace reasonwatch {

// P(Z <= z); exact to the last digits in both tails.
double NormalCdf(double z);

// P(low < Z <= high) for low <= high, without cancellation in either tail.
double NormalMass(double low, double high);

// Inverse of NormalCdf; -inf at 0, +inf at 1. Wichura 1988, algorithm AS 241
// (PPND16), relative error about 1e-16.
double NormalQuantile(double p);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_EVIDENCE_NORMAL_H_
