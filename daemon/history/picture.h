// SPDX-License-Identifier: Apache-2.0
// The picture of an incident, drawn from the histories of its streams.
#ifndef REASONWATCH_DAEMON_HISTORY_PICTURE_H_
#define REASONWATCH_DAEMON_HISTORY_PICTURE_H_

#include <vector>

#include "core/incident.h"
#include "core/picture.h"
#include "daemon/history/stream_history.h"

namespace reasonwatch {

// The expected band is that of the responses before the onset; it is left out
// (NaN) where fewer than 20 of them are known. One signal each, the first
// finding of it, at most kMaxPictured; then reasoning length, if a signal of
// lengths is led by a rate. A failed problem is read off the grades,
// a rare pair of languages off the answers in an unasked language.
inline constexpr size_t kMaxPictured = 4;
Picture MakePicture(const std::vector<StreamHistory>& streams,
                    const Incident& incident);

// Reasoning length by ten minutes; no point if there was no response.
StreamSpark MakeSpark(const StreamHistory& stream);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_HISTORY_PICTURE_H_
