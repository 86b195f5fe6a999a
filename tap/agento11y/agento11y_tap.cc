// SPDX-License-Identifier: Apache-2.0
#include "tap/agento11y/agento11y_tap.h"

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "agento11y/v1/generation_ingest.pb.h"
#include "tap/agento11y/generation.h"
#include "tap/grpc/guests.h"
#include "tap/grpc/limits.h"
#include "tap/grpc/token.h"
#include "tap/grpc/whole_message.h"
#include "tap/intake.h"
#include "tap/otlp/capabilities.h"
#include "tap/otlp/responses.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

using agento11y::v1::ExportGenerationsRequest;
using agento11y::v1::ExportGenerationsResponse;
using agento11y::v1::Generation;

constexpr std::string_view kHealthName = "agento11y.v1.GenerationIngestService";
constexpr char kExportPath[] =
    "/agento11y.v1.GenerationIngestService/ExportGenerations";
constexpr std::string_view kSource = "agento11y";

}  // namespace

class Agento11yTap::Impl : public WholeMessageService {
 public:
  Impl(std::string token_file, int64_t max_message_bytes, TapContext context)
      : WholeMessageService(
            [this](std::string_view error) { intake_.CountError(error); }),
        token_file_(std::move(token_file)),
        max_message_bytes_(max_message_bytes),
        guests_(context.guests),
        intake_(std::move(context)) {}

  absl::Status Start() {
    RW_ASSIGN_OR_RETURN(token_, TokenCheck::FromFile(token_file_));
    AddCall(
        kExportPath, *token_,
        [this](const grpc::ByteBuffer& request, grpc::ByteBuffer& response) {
          return ExportGenerations(request, response);
        });
    if (guests_ != nullptr) guests_->Add(*this, kHealthName);
    return absl::OkStatus();
  }

  grpc::Status ExportGenerations(const grpc::ByteBuffer& request,
                                 grpc::ByteBuffer& response) {
    grpc::ByteBuffer buffer(request);
    std::string_view error;
    google::protobuf::Arena arena;
    auto& message =
        *google::protobuf::Arena::CreateMessage<ExportGenerationsRequest>(
            &arena);
    if (static_cast<int64_t>(buffer.Length()) > max_message_bytes_) {
      error = "message_too_large";
    } else if (!grpc::SerializationTraits<
                    ExportGenerationsRequest>::Deserialize(&buffer, &message)
                    .ok()) {
      error = "malformed";
    }
    if (!error.empty()) {
      intake_.CountError(error);
      return StatusOfError(error);
    }
    const TapIntake::Time arrived = std::chrono::steady_clock::now();
    ExportGenerationsResponse answer;
    for (const Generation& generation : message.generations()) {
      auto& result = *answer.add_results();
      result.set_generation_id(generation.id());
      const std::string_view why = Report(generation, arrived);
      result.set_accepted(why.empty());
      result.set_error(std::string(why));
    }
    const grpc::Slice slice(answer.SerializeAsString());
    response = grpc::ByteBuffer(&slice, 1);
    return grpc::Status::OK;
  }

  TapCounters Counters() const { return intake_.Counters(); }

 private:
  // Returns why it was not taken, "" = it was.
  std::string_view Report(const Generation& generation,
                          TapIntake::Time arrived) {
    Observation o = ReadGeneration(generation);
    const std::string source =
        absl::StrFormat("%s\n%s\n%s", o.api_type, o.service, o.head.model);
    MadeResponses made = MakeResponses(std::move(o), std::string(kSource));
    if (!made.error.empty()) {
      intake_.Reject(made.error);
      return made.error;
    }
    std::string_view why;
    for (Response& r : made.responses) {
      capabilities_.Mark(source, r);
      const int64_t bytes = MemoryOfResponse(r);
      const TapOutcome outcome = intake_.Offer(std::move(r), bytes, arrived);
      if (!outcome.accepted) why = outcome.dropped_reason;
    }
    return why;
  }

  const std::string token_file_;
  const int64_t max_message_bytes_;
  const std::shared_ptr<GrpcGuests> guests_;
  std::optional<TokenCheck> token_;
  TapIntake intake_;
  ReasoningCapabilities capabilities_;
};

Agento11yTap::Agento11yTap(Agento11yOptions, std::string token_file,
                           int64_t max_message_bytes, TapContext context)
    : impl_(std::make_unique<Impl>(std::move(token_file), max_message_bytes,
                                   std::move(context))) {}
Agento11yTap::~Agento11yTap() = default;
absl::Status Agento11yTap::Start() { return impl_->Start(); }
TapCounters Agento11yTap::Counters() const { return impl_->Counters(); }

}  // namespace reasonwatch
