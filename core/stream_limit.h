// SPDX-License-Identifier: Apache-2.0
// The bound on streams, which the pipeline and the metrics share.
#ifndef REASONWATCH_CORE_STREAM_LIMIT_H_
#define REASONWATCH_CORE_STREAM_LIMIT_H_

namespace reasonwatch {

// Streams that are watched unless `streams.max` names another number.
inline constexpr int kDefaultMaxStreams = 256;

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_STREAM_LIMIT_H_
