// SPDX-License-Identifier: Apache-2.0
#include "tap/http/http_tap.h"

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tap/exchange/exchange.h"
#include "tap/http/rows.h"
#include "tap/intake.h"
#include "tap/jsonl/import.h"
#include "util/mutex.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr int64_t kMaxErrorsNamed =
    100;                                 // of one request; the rest are counted
constexpr size_t kMaxUnknownNamed = 64;  // of one request; the rest are counted
// Between two looks at a full queue.
constexpr auto kRetryInterval = std::chrono::milliseconds(5);

IngestAnswer Refusal(int status, std::string_view why) {
  return {status, absl::StrFormat("{\"error\":%s}", JsonString(why))};
}

// The tally of one body.
struct Tally {
  int64_t accepted = 0;
  int64_t dropped = 0;
  int64_t refused = 0;  // records that could not be read
  int64_t next_line = 0;
  std::string errors;
  std::map<std::string, int64_t> unknown;

  void AddError(int64_t line, std::string_view reason) {
    if (++refused > kMaxErrorsNamed) return;
    if (!errors.empty()) errors += ",";
    absl::StrAppendFormat(&errors, "{\"line\":%d,\"reason\":%s}", line,
                          JsonString(reason));
  }
  void AddUnknown(const std::vector<std::string>& keys) {
    for (const std::string& key : keys)
      if (unknown.size() < kMaxUnknownNamed || unknown.contains(key))
        ++unknown[key];
  }
  IngestAnswer Answer() const {
    IngestAnswer answer;
    if (next_line > 0 || (dropped > 0 && accepted == 0))
      answer.status = 429;
    else if (accepted == 0 && dropped == 0)
      answer.status = 400;
    answer.json = absl::StrFormat(
        "{\"accepted\":%d,\"dropped\":%d,\"errors_total\":%d,\"errors\":[%s]",
        accepted, dropped, refused, errors);
    if (next_line > 0)
      absl::StrAppendFormat(&answer.json, ",\"next_line\":%d", next_line);
    std::string keys;
    for (const auto& [key, rows] : unknown)
      absl::StrAppendFormat(&keys, "%s%s:%d", keys.empty() ? "" : ",",
                            JsonString(key), rows);
    absl::StrAppendFormat(&answer.json, ",\"unknown_keys\":{%s}}", keys);
    return answer;
  }
};

Origin OriginOfHeader(std::string_view value) {
  if (value == "canary") return Origin::kCanary;
  if (value == "selftest") return Origin::kSelftest;
  return Origin::kRescore;
}

}  // namespace

struct HttpTap::Impl {
  Impl(HttpTapOptions tap_options, TapContext context)
      : options(tap_options), intake(std::move(context)) {}

  IngestAnswer Read(const IngestRequest& request, RecordFormat format);
  // False if there was no room in time.
  bool Give(Response&& response, const IngestRequest& request, absl::Time until,
            Tally& tally);

  const HttpTapOptions options;
  TapIntake intake;
  std::atomic<bool> open = false;
  std::atomic<int> running = 0;
};

HttpTap::HttpTap(HttpTapOptions options, TapContext context)
    : impl_(std::make_unique<Impl>(options, std::move(context))) {}
HttpTap::~HttpTap() { Stop(absl::ZeroDuration()); }

absl::Status HttpTap::Start() {
  impl_->open = true;
  return absl::OkStatus();
}

void HttpTap::Stop(absl::Duration) {
  // Requests that wait for room see it and end; none offers anything more.
  impl_->open = false;
  while (impl_->running > 0) std::this_thread::sleep_for(kRetryInterval);
}

TapCounters HttpTap::Counters() const { return impl_->intake.Counters(); }

bool HttpTap::Impl::Give(Response&& response, const IngestRequest& request,
                         absl::Time until, Tally& tally) {
  const auto arrived = std::chrono::steady_clock::now();
  if (response.source.empty())
    response.source = request.format == "litellm" ? "litellm" : "http";
  if (!request.origin.empty() && response.origin == Origin::kLive)
    response.origin = OriginOfHeader(request.origin);
  const int64_t bytes = MemoryOf(response);
  if (request.wait) {
    while (!intake.OfferPatiently(response, bytes, arrived)) {
      if (!open || absl::Now() >= until) return false;
      std::this_thread::sleep_for(kRetryInterval);
    }
    ++tally.accepted;
    return true;
  }
  const bool accepted =
      intake.Offer(std::move(response), bytes, arrived).accepted;
  ++(accepted ? tally.accepted : tally.dropped);
  return true;
}

IngestAnswer HttpTap::Impl::Read(const IngestRequest& request,
                                 RecordFormat format) {
  const absl::Time until = absl::Now() + options.max_wait;
  Tally tally;
  RecordReader reader(format);
  std::vector<Response> rows;
  std::vector<std::string> errors;
  ForEachRecord(request.body, [&](int64_t line, std::string_view record) {
    if (!open) {  // the daemon stops: the sender goes on from here
      tally.next_line = line;
      return false;
    }
    rows.clear();
    errors.clear();
    reader.Read(record, rows, errors);
    for (const std::string& error : errors) {
      intake.Reject("unreadable_record");
      tally.AddError(line, error);
    }
    if (!reader.unknown_keys().empty()) intake.CountError("unknown_key");
    tally.AddUnknown(reader.unknown_keys());
    if (const int64_t lost = reader.lost_before(); lost > 0)
      intake.CountError("lost_by_sender", lost);
    for (Response& row : rows) {
      if (Give(std::move(row), request, until, tally)) continue;
      tally.next_line = line;
      return false;
    }
    return true;
  });
  return tally.Answer();
}

IngestAnswer HttpTap::Receive(const IngestRequest& request) {
  Impl& i = *impl_;
  struct Slot {
    explicit Slot(std::atomic<int>& counter) : running(counter) {
      before = running.fetch_add(1);
    }
    ~Slot() { --running; }
    std::atomic<int>& running;
    int before = 0;
  } slot(i.running);
  if (!i.open) return Refusal(503, "the tap is not open");
  if (slot.before >= i.options.max_requests) {
    i.intake.CountError("busy");
    return Refusal(429, "too many requests at once");
  }
  const auto format = RecordFormatOf(request.format);
  if (!format.has_value()) {
    i.intake.CountError("unknown_format");
    return Refusal(400, "format: no such format");
  }
  return i.Read(request, *format);
}

}  // namespace reasonwatch
