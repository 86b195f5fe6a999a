// SPDX-License-Identifier: Apache-2.0
// The list of all taps, and the set of those that are switched on.
#ifndef REASONWATCH_TAP_BUILTIN_H_
#define REASONWATCH_TAP_BUILTIN_H_

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tap/options.h"
#include "tap/sink.h"
#include "tap/tap.h"

namespace reasonwatch {

struct TapFactory {
  // The label `source` of the tap's metrics: exported, so never renamed.
  std::string_view source;
  // Null if the options leave this tap off.
  std::unique_ptr<Tap> (*make)(const TapOptions& options, TapContext context);
};

// One row a tap. An explicit list, because a linker drops
// self-registering objects of a static library.
std::span<const TapFactory> BuiltinTaps();

// Called with the source's name and the duration of TapContext::on_duration.
using ObserveTapDuration =
    std::function<void(std::string_view source, absl::Duration duration)>;

// Called with the source's name and the text of TapContext::on_notice.
using ObserveTapNotice =
    std::function<void(std::string_view source, std::string_view notice)>;

// The taps of a process. Thread-safe after Start(); the destructor stops those
// that run at once.
class Taps {
 public:
  struct Running {
    std::string_view source;
    std::unique_ptr<Tap> tap;
  };

  // Starts every tap of the list that the options switch on, in the list's
  // order. If one fails, stops those that run and returns its error.
  static absl::StatusOr<std::unique_ptr<Taps>> Start(
      std::span<const TapFactory> list, const TapOptions& options,
      TapSink& sink, const ObserveTapDuration& observe,
      const ObserveTapNotice& notice = {}, OffsetStore* offsets = nullptr);
  ~Taps();

  const std::vector<Running>& running() const { return running_; }

  // Stops all taps, one after another; together they have `deadline`.
  void Stop(absl::Duration deadline);

 private:
  Taps() = default;
  std::vector<Running> running_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_BUILTIN_H_
