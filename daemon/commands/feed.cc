#include "daemon/commands/feed.h"

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "daemon/pipeline/import_baseline.h"
#include "reasonwatch/v1/tap.grpc.pb.h"

namespace reasonwatch {
namespace {

void SetTime(absl::Time time, google::protobuf::Timestamp* to) {
  *to = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      absl::ToUnixNanos(time));
}

v1::Response ToMessage(const Response& r) {
  v1::Response m;
  m.set_id(r.id);
  if (r.time != absl::InfinitePast()) SetTime(r.time, m.mutable_time());
  if (r.end_time != absl::InfinitePast())
    SetTime(r.end_time, m.mutable_end_time());
  m.set_model(r.model);
  m.set_route(r.route);
  m.set_replica(r.replica);
  m.set_session(r.session);
  m.set_turn(r.turn);
  m.set_origin(static_cast<v1::Origin>(r.origin));
  m.set_prompt(r.prompt);
  m.set_messages_json(r.messages_json);
  m.set_system_prompt(r.system_prompt);
  if (r.content.has_value()) m.set_content(*r.content);
  if (r.reasoning.has_value()) m.set_reasoning(*r.reasoning);
  m.set_body(r.body);
  m.set_body_type(static_cast<v1::BodyType>(r.body_type));
  m.set_finish_reason(r.finish_reason);
  if (r.usage.input_tokens)
    m.mutable_usage()->set_input_tokens(*r.usage.input_tokens);
  if (r.usage.output_tokens)
    m.mutable_usage()->set_output_tokens(*r.usage.output_tokens);
  if (r.usage.reasoning_tokens)
    m.mutable_usage()->set_reasoning_tokens(*r.usage.reasoning_tokens);
  m.mutable_intent()->set_effort(r.intent.effort);
  if (r.intent.thinking != Thinking::kUnstated)
    m.mutable_intent()->set_thinking(r.intent.thinking == Thinking::kOn);
  m.mutable_intent()->set_max_tokens(r.intent.max_tokens);
  m.mutable_intent()->set_asked_language(r.intent.asked_language);
  if (r.sampling.temperature)
    m.mutable_sampling()->set_temperature(*r.sampling.temperature);
  if (r.sampling.top_p) m.mutable_sampling()->set_top_p(*r.sampling.top_p);
  m.mutable_sampling()->set_n(r.sampling.n);
  m.mutable_sampling()->set_choice_index(r.sampling.choice_index);
  m.mutable_regime()->set_fingerprint(r.regime.fingerprint);
  m.mutable_regime()->set_weights_version(r.regime.weights_version);
  m.mutable_regime()->set_template_hash(r.regime.template_hash);
  m.mutable_regime()->set_engine(r.regime.engine);
  m.set_http_status(r.http_status);
  m.set_transport_end(static_cast<v1::TransportEnd>(r.transport_end));
  m.set_tool_calls(r.tool_calls);
  m.set_streamed(r.streamed);
  m.set_problem_id(r.problem_id);
  m.set_verdict(static_cast<v1::Verdict>(r.verdict));
  if (r.problem.has_value()) {
    m.mutable_problem()->set_id(r.problem->id);
    m.mutable_problem()->set_answer(r.problem->answer);
    m.mutable_problem()->set_answer_kind(
        static_cast<v1::AnswerKind>(r.problem->answer_kind));
  }
  m.set_trace_id(r.trace_id);
  m.set_task(r.task);
  m.set_context_window(r.context_window);
  return m;
}

// A bar that moves in place on a terminal, and a line each fifth elsewhere.
class Progress {
 public:
  Progress(std::ostream& out, int64_t total, bool on)
      : out_(out),
        total_(total),
        on_(on),
        terminal_(::isatty(STDERR_FILENO) == 1) {}
  void Show(int64_t done) {
    if (!on_ || total_ == 0) return;
    const auto percent = static_cast<int>(100 * done / total_);
    const int step = terminal_ ? percent : percent / 20;
    if (step == last_) return;
    last_ = step;
    const auto filled = static_cast<size_t>(percent) / 4;
    out_ << (terminal_ ? "\r" : "") << "  [" << std::string(filled, '#')
         << std::string(25 - filled, '.') << "] " << done << "/" << total_
         << " responses" << (terminal_ && done != total_ ? "" : "\n")
         << std::flush;
  }

 private:
  std::ostream& out_;
  const int64_t total_;
  const bool on_;
  const bool terminal_;
  int last_ = -1;
};

absl::Status Unavailable(const grpc::Status& status) {
  return absl::UnavailableError(absl::StrFormat(
      "tap: %s (code %d)", status.error_message(), status.error_code()));
}

}  // namespace

absl::StatusOr<FeedReport> Feed(const FeedOptions& options,
                                std::ostream& messages) {
  FeedReport report;
  RW_ASSIGN_OR_RETURN(
      RecordedFile file,
      ReadRecordedFile(options.in, [&](int64_t line, std::string_view why) {
        messages << options.in << ":" << line << ": " << why << "\n";
      }));
  report.bad_lines = file.bad_lines;
  const auto size = static_cast<int64_t>(file.rows.size());
  const int64_t begin = std::clamp<int64_t>(options.first - 1, 0, size);
  const int64_t end =
      options.count > 0 ? std::min(size, begin + options.count) : size;

  const auto channel =
      grpc::CreateChannel(options.endpoint, grpc::InsecureChannelCredentials());
  if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                 std::chrono::seconds(5)))
    return absl::UnavailableError(
        absl::StrFormat("no tap at %s", options.endpoint));
  const auto stub = v1::Tap::NewStub(channel);
  grpc::ClientContext context;
  v1::Summary summary;
  std::unique_ptr<grpc::ClientWriter<v1::Response>> stream;
  if (!options.unary) stream = stub->Stream(&context, &summary);

  Progress progress(messages, end - begin, options.progress);
  const auto started = std::chrono::steady_clock::now();
  for (int64_t i = begin; i < end; ++i) {
    if (options.rate > 0)
      std::this_thread::sleep_until(
          started + std::chrono::duration_cast<std::chrono::nanoseconds>(
                        std::chrono::duration<double>(
                            static_cast<double>(i - begin) / options.rate)));
    Response& row = file.rows[static_cast<size_t>(i)];
    if (!options.recorded_times) {
      row.time = absl::Now();
      row.end_time = absl::InfinitePast();
    }
    const v1::Response message = ToMessage(row);
    if (options.unary) {
      grpc::ClientContext one;
      v1::Ack ack;
      const grpc::Status status = stub->Report(&one, message, &ack);
      if (!status.ok()) return Unavailable(status);
      ++(ack.accepted() ? report.accepted : report.dropped);
    } else {
      // Without a rate the messages are corked, which is cheaper for both.
      grpc::WriteOptions write;
      if (options.rate <= 0 && i + 1 < end) write.set_buffer_hint();
      if (!stream->Write(message, write)) break;
    }
    ++report.sent;
    progress.Show(report.sent);
  }
  if (stream != nullptr) {
    stream->WritesDone();
    const grpc::Status status = stream->Finish();
    if (!status.ok()) return Unavailable(status);
    report.accepted = summary.accepted();
    report.dropped = summary.dropped();
  }
  return report;
}

}  // namespace reasonwatch
