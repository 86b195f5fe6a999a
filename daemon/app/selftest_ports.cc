// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/selftest_ports.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "rescore/client/failure.h"
#include "rescore/client/http.h"

namespace reasonwatch {
namespace {

// Prometheus and Alertmanager answer these questions from memory.
constexpr absl::Duration kTimeout = absl::Seconds(10);

}  // namespace

absl::StatusOr<std::string> GetForSelfTest(const std::string& url,
                                           const std::string& ca_file,
                                           const std::atomic<bool>* stop) {
  HttpRequest request;
  request.url = url;
  request.ca_file = ca_file;
  request.connect_timeout = kTimeout;
  request.timeout = kTimeout;
  request.stop = stop;
  const std::string asked = url.substr(0, url.find('?'));
  HttpResult result = Exchange(request);
  if (result.failure.has_value())
    return absl::UnavailableError(absl::StrFormat(
        "%s: %s", asked, ClientFailureName(result.failure->failure)));
  if (result.reply.status != 200)
    return absl::UnavailableError(
        absl::StrFormat("%s: HTTP %d", asked, result.reply.status));
  return std::move(result.reply.body);
}

absl::Status AllTaken(std::string_view answer, std::string_view rows) {
  const auto sent = std::count(rows.begin(), rows.end(), '\n');
  const auto json = nlohmann::json::parse(answer.begin(), answer.end(), nullptr,
                                          /*allow_exceptions=*/false);
  const auto accepted = json.is_object() ? json.find("accepted") : json.end();
  int64_t taken = 0;
  if (json.is_object() && accepted != json.end() &&
      accepted->is_number_integer())
    taken = accepted->get<int64_t>();
  if (taken == sent) return absl::OkStatus();
  return absl::UnavailableError(absl::StrFormat(
      "the tap took %d of %d responses", taken, static_cast<int64_t>(sent)));
}

}  // namespace reasonwatch
