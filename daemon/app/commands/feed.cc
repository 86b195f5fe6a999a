// SPDX-License-Identifier: Apache-2.0
// Sends each recorded row as the message that a tap takes, at the wanted rate:
// the row as a message, the progress bar, lines as they come, the way to the
// tap, the sending, the flags.
#include "daemon/app/commands/feed.h"

#include <fcntl.h>
#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/progress.h"
#include "reasonwatch/v1/tap.grpc.pb.h"
#include "util/input_file.h"
#include "util/secret.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

void SetTime(absl::Time time, google::protobuf::Timestamp* to) {
  *to = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      absl::ToUnixNanos(time));
}

v1::Intent ToMessage(const Intent& intent) {
  v1::Intent m;
  m.set_effort(intent.effort);
  if (intent.thinking != Thinking::kUnstated)
    m.set_thinking(intent.thinking == Thinking::kOn);
  m.set_max_tokens(intent.max_tokens);
  m.set_asked_language(intent.asked_language);
  if (intent.thinking_budget.has_value())
    m.set_thinking_budget(*intent.thinking_budget);
  return m;
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
  *m.mutable_intent() = ToMessage(r.intent);
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
  m.set_source(r.source);
  m.set_without_reasoning_text(r.without_reasoning_text);
  m.set_request_id(r.request_id);
  m.set_asked_model(r.asked_model);
  m.set_user(r.user);
  m.set_client(r.client);
  m.set_tools_json(r.tools_json);
  m.set_response_format_json(r.response_format_json);
  if (r.sent_intent.has_value())
    *m.mutable_sent_intent() = ToMessage(*r.sent_intent);
  return m;
}

// Lines of a file or a pipe, as they come. An interrupt ends them.
class LineSource {
 public:
  static absl::StatusOr<std::unique_ptr<LineSource>> Open(
      const std::string& path) {
    if (path == "-") return std::make_unique<LineSource>(STDIN_FILENO);
    // For the message: a folder, or no such file.
    if (const auto file = OpenInput(path); !file.ok()) return file.status();
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      return absl::NotFoundError(absl::StrFormat("can't open %s", path));
    return std::make_unique<LineSource>(fd);
  }
  explicit LineSource(int fd) : fd_(fd) {}
  ~LineSource() {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  bool Next(std::string& line) {
    while (!Interrupted()) {
      const size_t end = buffer_.find('\n', begin_);
      if (end != std::string::npos) {
        line.assign(buffer_, begin_, end - begin_);
        begin_ = end + 1;
        return true;
      }
      if (!Fill()) {
        // Not the half of a line that an interrupt left.
        if (Interrupted()) return false;
        line.assign(buffer_, begin_);
        begin_ = buffer_.size();
        return !line.empty();
      }
    }
    return false;
  }

 private:
  // False at the end.
  bool Fill() {
    constexpr int kPatienceMs = 200;  // a signal is seen within it
    constexpr size_t kPiece = size_t{1} << 18;
    buffer_.erase(0, begin_);
    begin_ = 0;
    pollfd wait = {fd_, POLLIN, 0};
    while (!Interrupted()) {
      if (::poll(&wait, 1, kPatienceMs) <= 0) continue;
      const size_t had = buffer_.size();
      buffer_.resize(had + kPiece);
      const ssize_t n = ::read(fd_, buffer_.data() + had, kPiece);
      buffer_.resize(had + (n > 0 ? static_cast<size_t>(n) : 0));
      return n > 0;
    }
    return false;
  }

  const int fd_;
  std::string buffer_;
  size_t begin_ = 0;
};

absl::Status Unavailable(const grpc::Status& status) {
  return absl::UnavailableError(absl::StrFormat(
      "tap: %s (code %d)", status.error_message(), status.error_code()));
}

// The answers of a daemon that stops, or is gone. A row that it had taken
// before is known again by its id.
bool IsAway(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE ||
         code == grpc::StatusCode::CANCELLED ||
         code == grpc::StatusCode::UNKNOWN ||
         code == grpc::StatusCode::INTERNAL;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const FeedOptions& options) {
  if (!options.tls && options.tls_ca.empty() && options.tls_cert.empty())
    return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  const auto read = [](const std::string& path,
                       std::string& to) -> absl::Status {
    if (path.empty()) return absl::OkStatus();
    RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(path));
    to.assign(std::istreambuf_iterator<char>(in), {});
    return absl::OkStatus();
  };
  RW_RETURN_IF_ERROR(read(options.tls_ca, ssl.pem_root_certs));
  RW_RETURN_IF_ERROR(read(options.tls_cert, ssl.pem_cert_chain));
  RW_RETURN_IF_ERROR(read(options.tls_key, ssl.pem_private_key));
  return grpc::SslCredentials(ssl);
}

// The way to the tap. Report() comes again while the daemon is busy or away;
// a stream is quicker and loses what a full queue can't hold.
class Sender {
 public:
  Sender(const FeedOptions& options, std::string token,
         const std::shared_ptr<grpc::Channel>& channel)
      : options_(options),
        token_(std::move(token)),
        stub_(v1::Tap::NewStub(channel)) {
    if (options.wait || options.unary) return;
    AddMetadata(stream_context_);
    stream_ = stub_->Stream(&stream_context_, &summary_);
  }

  // False if the stream is broken; Finish() then says why.
  absl::StatusOr<bool> Send(const v1::Response& message, FeedReport& report) {
    if (stream_ != nullptr) {
      grpc::WriteOptions write;
      // Without a rate the messages are corked, which is cheaper for both.
      if (options_.rate <= 0 && options_.in != "-") write.set_buffer_hint();
      return stream_->Write(message, write);
    }
    const absl::Time until = absl::Now() + options_.patience;
    absl::Duration pause = kFirstPause;
    while (true) {
      grpc::ClientContext context;
      AddMetadata(context);
      v1::Ack ack;
      const grpc::Status status = stub_->Report(&context, message, &ack);
      const bool busy = status.ok() && !ack.accepted() &&
                        ack.dropped_reason() == "queue_full";
      const bool away = IsAway(status.error_code());
      if (!status.ok() && (!away || !options_.wait || absl::Now() >= until))
        return Unavailable(status);
      if (!options_.wait || (!busy && !away)) {
        ++(ack.accepted() ? report.accepted : report.dropped);
        return true;
      }
      if (Interrupted()) {
        ++report.dropped;
        return true;
      }
      absl::SleepFor(pause);
      pause = std::min(2 * pause, kLongestPause);
    }
  }

  absl::Status Finish(FeedReport& report) {
    if (stream_ == nullptr) return absl::OkStatus();
    stream_->WritesDone();
    const grpc::Status status = stream_->Finish();
    if (!status.ok()) return Unavailable(status);
    report.accepted = summary_.accepted();
    report.dropped = summary_.dropped();
    return absl::OkStatus();
  }

 private:
  // A queue frees a place sooner.
  static constexpr absl::Duration kFirstPause = absl::Milliseconds(2);
  // Ctrl-C still feels prompt.
  static constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

  void AddMetadata(grpc::ClientContext& context) const {
    if (!token_.empty())
      context.AddMetadata("authorization", "Bearer " + token_);
    if (options_.wait) context.AddMetadata("x-reasonwatch-wait", "true");
  }

  const FeedOptions& options_;
  const std::string token_;
  const std::unique_ptr<v1::Tap::Stub> stub_;
  grpc::ClientContext stream_context_;
  v1::Summary summary_;
  std::unique_ptr<grpc::ClientWriter<v1::Response>> stream_;
};

// Reads, dates, paces and sends the rows.
class Feeder {
 public:
  Feeder(const FeedOptions& options, std::ostream& messages)
      : options_(options),
        messages_(messages),
        reader_(options.format, options.model),
        progress_(messages, options.progress),
        total_(options.count > 0 ? options.count : LinesOf(options.in)) {}

  absl::StatusOr<FeedReport> Run(LineSource& lines, Sender& sender) {
    std::string line;
    bool open = true;
    for (int64_t number = 1; open && lines.Next(line); ++number) {
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      rows_.clear();
      errors_.clear();
      reader_.Read(line, rows_, errors_);
      for (const std::string& why : errors_) {
        ++report_.bad_lines;
        messages_ << options_.in << ":" << number << ": " << why << "\n";
      }
      for (const std::string& key : reader_.unknown_keys())
        if (unknown_.size() < kMaxUnknown && unknown_.insert(key).second)
          messages_ << options_.in << ":" << number << ": unknown key " << key
                    << "\n";
      for (Response& row : rows_) {
        if (++row_ < options_.first) continue;
        RW_ASSIGN_OR_RETURN(open, SendRow(row, sender));
        if (options_.count > 0 && report_.sent >= options_.count) open = false;
        if (!open) break;
      }
    }
    RW_RETURN_IF_ERROR(sender.Finish(report_));
    if (row_ == 0 && !Interrupted())
      return absl::InvalidArgumentError(
          absl::StrFormat("%s holds no usable row", options_.in));
    report_.interrupted = Interrupted();
    return report_;
  }

 private:
  static constexpr size_t kMaxUnknown = 64;  // names kept

  absl::StatusOr<bool> SendRow(Response& row, Sender& sender) {
    if (options_.rate > 0)
      std::this_thread::sleep_until(
          started_ +
          std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::duration<double>(static_cast<double>(report_.sent) /
                                            options_.rate)));
    if (!options_.recorded_times) {
      row.time = absl::Now();
      row.end_time = absl::InfinitePast();
    }
    RW_ASSIGN_OR_RETURN(const bool open, sender.Send(ToMessage(row), report_));
    if (!open) return false;
    ++report_.sent;
    // An interrupt ends the feed with its counts, which is no error.
    return progress_.Show("responses", report_.sent, total_).ok();
  }

  const FeedOptions& options_;
  std::ostream& messages_;
  RecordReader reader_;
  Progress progress_;
  const int64_t total_;
  FeedReport report_;
  std::set<std::string> unknown_;
  std::vector<Response> rows_;
  std::vector<std::string> errors_;
  int64_t row_ = 0;
  const std::chrono::steady_clock::time_point started_ =
      std::chrono::steady_clock::now();
};

}  // namespace

absl::StatusOr<FeedReport> Feed(const FeedOptions& options,
                                std::ostream& messages) {
  RW_ASSIGN_OR_RETURN(const std::unique_ptr<LineSource> lines,
                      LineSource::Open(options.in));
  std::string token;
  if (!options.token_file.empty()) {
    RW_ASSIGN_OR_RETURN(token, ReadSecret(options.token_file));
  }
  RW_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(options));
  const auto channel = grpc::CreateChannel(options.endpoint, credentials);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                 std::chrono::seconds(5)))
    return absl::UnavailableError(
        absl::StrFormat("no tap at %s", options.endpoint));
  Sender sender(options, std::move(token), channel);
  return Feeder(options, messages).Run(*lines, sender);
}

void AddFeed(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<FeedOptions>();
  const auto from = std::make_shared<std::string>("reasonwatch");
  flags->endpoint = "127.0.0.1:9095";  // tap.grpc.listen by default
  auto* command =
      app.add_subcommand("feed", "send recorded responses to a tap");
  command->add_option("--endpoint", flags->endpoint, "host:port or unix:PATH")
      ->capture_default_str();
  command
      ->add_option(
          "--in", flags->in,
          "recorded responses (JSONL); - = standard input, as it comes")
      ->required();
  command->add_option("--from", *from, "format of the lines")
      ->check(CLI::IsMember(RecordFormatNames()))
      ->capture_default_str();
  command->add_option("--model", flags->model, "model of rows that name none");
  command->add_option("--rate", flags->rate, "responses a second, 0 = all")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--first", flags->first, "row to begin with, from 1")
      ->check(CLI::PositiveNumber);
  command->add_option("--count", flags->count, "rows at most, 0 = all")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--recorded-times", flags->recorded_times,
                    "keep the recorded times instead of dating rows when sent");
  command->add_flag("!--no-wait", flags->wait,
                    "drop what a busy daemon has no room for");
  command->add_flag("--unary", flags->unary,
                    "with --no-wait: one call a response");
  command->add_flag("--tls", flags->tls, "TLS, by the system's authorities");
  command->add_option("--tls-ca", flags->tls_ca, "PEM file of an authority");
  command->add_option("--tls-cert", flags->tls_cert,
                      "PEM file of the client's certificate");
  command->add_option("--tls-key", flags->tls_key, "PEM file of its key");
  command->add_option("--token-file", flags->token_file,
                      "file with the tap's bearer token");
  command->add_flag("!--no-progress", flags->progress, "no progress bar");
  const auto output = std::make_shared<Output>(Output::kText);
  AddOutputOption(command, *output);
  OnRun(command, result, [flags, from, output]() -> absl::Status {
    flags->format = *RecordFormatOf(*from);
    RW_ASSIGN_OR_RETURN(const FeedReport report, Feed(*flags, std::cerr));
    if (*output == Output::kJson) {
      std::cout << absl::StrFormat(
          R"({"sent":%d,"accepted":%d,"dropped":%d,"bad_lines":%d,)"
          R"("interrupted":%s})"
          "\n",
          report.sent, report.accepted, report.dropped, report.bad_lines,
          report.interrupted ? "true" : "false");
      return absl::OkStatus();
    }
    std::cout << (report.interrupted ? "interrupted: " : "") << "sent "
              << report.sent << ", accepted " << report.accepted << ", dropped "
              << report.dropped << ", bad lines " << report.bad_lines << "\n";
    return absl::OkStatus();
  });
}

}  // namespace reasonwatch
