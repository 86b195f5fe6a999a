// SPDX-License-Identifier: Apache-2.0
// Each way has a function that sends prepared bytes or messages. The servers'
// processor time is read before and after, once all responses have come
// through, so that the client's own costs are no part of it. Every prompt
// differs, or the pipeline would know responses again that came by another way
// before.
//
// Order: the material, the ways, the Collector, one measurement, the table.
#include "bench/pipeline/ways.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <httplib.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/pipeline/server.h"
#include "bench/pipeline/traffic.h"
#include "envoy/service/ext_proc/v3/external_processor.grpc.pb.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h"
#include "reasonwatch/v1/tap.grpc.pb.h"
#include "tap/jsonl/recorded.h"
#include "tests/tap/ext_proc_messages.h"
#include "tests/tap/otlp_emitters.h"
#include "tests/tap/otlp_json.h"
#include "util/strings.h"

namespace reasonwatch::bench {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse;
using opentelemetry::proto::collector::trace::v1::TraceService;

// Responses of a batch of spans, as an exporter sends them, and of a body of
// rows.
constexpr size_t kBatch = 64;
constexpr int kThreads = 8;     // clients of ext_proc
constexpr size_t kPieces = 64;  // of a streamed response
constexpr int kModels = 4;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  // Not exit(): threads may still run.
  std::_Exit(1);
}

// Responses that differ from all before.
class Material {
 public:
  std::vector<Response> Make(size_t n) {
    std::vector<Response> all;
    for (size_t i = 0; i < n; ++i) {
      Response& r = all.emplace_back(traffic_.Make());
      r.id = absl::StrCat("way-", ++made_);
      r.prompt = absl::StrCat("Task ", made_, ". ", r.prompt);
      r.model = ModelName(static_cast<int>(made_ % kModels));
      r.route = "bench";
      r.time = StartOf(made_ / kModels);
      r.end_time = r.time + kDuration;
    }
    return all;
  }

 private:
  Traffic traffic_{7};
  int64_t made_ = 0;
};

std::string RequestOf(const Response& r, bool stream) {
  return absl::StrFormat(
      R"({"model":"%s","stream":%s,"messages":[{"role":"user","content":%s}]})",
      r.model, stream ? "true" : "false", JsonString(r.prompt));
}

std::string UsageOf(const Response& r) {
  return absl::StrFormat(R"({"prompt_tokens":%d,"completion_tokens":%d})",
                         *r.usage.input_tokens, *r.usage.output_tokens);
}

// Calls `send` for each response, on some threads.
template <typename F>
void OnThreads(const std::vector<Response>& all, F send) {
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&all, &send, t] {
      for (size_t i = static_cast<size_t>(t); i < all.size(); i += kThreads)
        send(all[i]);
    });
  for (std::thread& thread : threads) thread.join();
}

std::shared_ptr<grpc::Channel> ChannelTo(int port) {
  return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                             grpc::InsecureChannelCredentials());
}

void SendGrpc(const Ports& ports, const std::vector<Response>& all,
              const std::string&) {
  const auto stub = v1::Tap::NewStub(ChannelTo(ports.grpc));
  grpc::ClientContext context;
  v1::Summary summary;
  const auto writer = stub->Stream(&context, &summary);
  for (const Response& r : all) {
    v1::Response m;
    m.set_id(r.id);
    m.set_model(r.model);
    m.set_route(r.route);
    m.set_prompt(r.prompt);
    m.set_content(*r.content);
    m.set_finish_reason(r.finish_reason);
    m.mutable_time()->set_seconds(absl::ToUnixSeconds(r.time));
    m.mutable_end_time()->set_seconds(absl::ToUnixSeconds(r.end_time));
    m.mutable_usage()->set_input_tokens(*r.usage.input_tokens);
    m.mutable_usage()->set_output_tokens(*r.usage.output_tokens);
    if (!writer->Write(m)) break;
  }
  writer->WritesDone();
  if (const grpc::Status status = writer->Finish(); !status.ok())
    Die("gRPC: " + status.error_message());
}

// The messages of one exchange, as an Envoy shows it.
std::vector<ExtProcMessage> ExchangeOf(const Response& r, bool stream) {
  const HeaderList labels = {{"x-reasonwatch-route", r.route},
                             {"x-request-id", r.id},
                             {"content-type", "application/json"}};
  std::vector<ExtProcMessage> messages = {RequestHeaders(labels),
                                          RequestBody(RequestOf(r, stream)),
                                          RequestBody("", true)};
  if (!stream) {
    messages.push_back(ResponseHeaders(kJson));
    messages.push_back(ResponseBody(absl::StrFormat(
        R"({"id":"%s","model":"%s","choices":[{"index":0,"message":{"role":)"
        R"("assistant","content":%s},"finish_reason":"stop"}],"usage":%s})",
        r.id, r.model, JsonString(*r.content), UsageOf(r))));
    messages.push_back(ResponseBody("", true));
    return messages;
  }
  messages.push_back(ResponseHeaders(kEvents));
  const size_t step = r.content->size() / kPieces + 1;
  for (size_t at = 0; at < r.content->size(); at += step)
    messages.push_back(ResponseBody(absl::StrFormat(
        "data: {\"id\":\"%s\",\"model\":\"%s\",\"choices\":[{\"index\":0,"
        "\"delta\":{\"content\":%s},\"finish_reason\":null}]}\n\n",
        r.id, r.model, JsonString(r.content->substr(at, step)))));
  messages.push_back(ResponseBody(absl::StrFormat(
      "data: {\"id\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{},"
      "\"finish_reason\":\"stop\"}],\"usage\":%s}\n\n",
      r.id, UsageOf(r))));
  messages.push_back(ResponseBody("data: [DONE]\n\n"));
  messages.push_back(ResponseBody("", true));
  return messages;
}

void SendExtProc(const Ports& ports, const std::vector<Response>& all,
                 bool stream) {
  const auto channel = ChannelTo(ports.grpc);
  OnThreads(all, [&](const Response& r) {
    const auto stub =
        envoy::service::ext_proc::v3::ExternalProcessor::NewStub(channel);
    grpc::ClientContext context;
    const auto call = stub->Process(&context);
    for (const ExtProcMessage& message : ExchangeOf(r, stream))
      if (!call->Write(message)) break;
    call->WritesDone();
    if (const grpc::Status status = call->Finish(); !status.ok())
      Die("ext_proc: " + status.error_message());
  });
}

void SendWhole(const Ports& ports, const std::vector<Response>& all,
               const std::string&) {
  SendExtProc(ports, all, false);
}

void SendStreams(const Ports& ports, const std::vector<Response>& all,
                 const std::string&) {
  SendExtProc(ports, all, true);
}

// The conventions' attributes, as an instrumentation that captures content.
std::vector<OtlpTraces> SpansOf(const std::vector<Response>& all) {
  std::mt19937 random(static_cast<uint32_t>(StableHash(all.front().id)));
  std::vector<OtlpTraces> batches;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i % kBatch == 0) batches.emplace_back();
    const Response& r = all[i];
    otlp_test::Call c = otlp_test::RandomCall(random);
    c.id = r.id;
    c.model = r.model;
    c.question = r.prompt;
    c.content = *r.content;
    c.reasoning.reset();
    c.finish_reason = r.finish_reason;
    c.start = absl::ToUnixNanos(r.time);
    c.output_tokens = *r.usage.output_tokens;
    auto& to =
        *otlp_test::AddSpan(batches.back(), c, "bench").mutable_attributes();
    otlp_test::PutGenAi(to, c);
    otlp_test::Put(to, "gen_ai.output.messages",
                   otlp_test::PartsJson(c, false, false));
    otlp_test::Put(to, "gen_ai.input.messages", otlp_test::InputJson(c));
  }
  return batches;
}

void SendOtlpGrpc(const Ports& ports, const std::vector<Response>& all,
                  const std::string&) {
  const auto stub = TraceService::NewStub(ChannelTo(ports.otlp_grpc));
  for (const OtlpTraces& batch : SpansOf(all)) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    ExportTraceServiceResponse response;
    const grpc::Status status = stub->Export(&context, batch, &response);
    if (!status.ok()) Die("OTLP: " + status.error_message());
  }
}

void Post(int port, const std::string& path, const std::string& body,
          const char* kind, httplib::Client& client) {
  const auto result = client.Post(path, body, kind);
  if (!result || result->status / 100 != 2)
    Die(absl::StrFormat("POST %s on port %d: %d", path, port,
                        result ? result->status : 0));
}

httplib::Client HttpTo(int port) {
  httplib::Client client("127.0.0.1", port);
  client.set_keep_alive(true);
  client.set_read_timeout(60);
  return client;
}

void SendOtlpHttp(const Ports& ports, const std::vector<Response>& all,
                  const std::string&) {
  httplib::Client client = HttpTo(ports.otlp_http);
  for (const OtlpTraces& batch : SpansOf(all))
    Post(ports.otlp_http, "/v1/traces", batch.SerializeAsString(),
         "application/x-protobuf", client);
}

void SendOtlpJson(const Ports& ports, const std::vector<Response>& all,
                  const std::string&) {
  httplib::Client client = HttpTo(ports.otlp_http);
  for (const OtlpTraces& batch : SpansOf(all))
    Post(ports.otlp_http, "/v1/traces", otlp_test::JsonOf(batch),
         "application/json", client);
}

void SendHttp(const Ports& ports, const std::vector<Response>& all,
              const std::string&) {
  httplib::Client client = HttpTo(ports.http);
  for (size_t i = 0; i < all.size(); i += kBatch) {
    std::string rows;
    for (size_t j = i; j < std::min(i + kBatch, all.size()); ++j)
      rows += WriteRecorded(all[j]) + "\n";
    Post(ports.http, "/api/v1/responses?wait=true", rows,
         "application/x-ndjson", client);
  }
}

void SendFiles(const Ports&, const std::vector<Response>& all,
               const std::string& folder) {
  static int number = 0;
  std::filesystem::create_directories(folder + "/files");
  std::ofstream out(absl::StrFormat("%s/files/%d.jsonl", folder, ++number));
  for (const Response& r : all) out << WriteRecorded(r) << "\n";
}

struct Way {
  const char* name;
  void (*send)(const Ports& ports, const std::vector<Response>& all,
               const std::string& folder);
  bool otlp = false;
};

constexpr Way kWays[] = {
    {"gRPC stream", &SendGrpc},
    {"Envoy, whole bodies", &SendWhole},
    {"Envoy, streams of 64 pieces", &SendStreams},
    {"OTLP gRPC", &SendOtlpGrpc, true},
    {"OTLP HTTP, protobuf", &SendOtlpHttp, true},
    {"OTLP HTTP, JSON", &SendOtlpJson, true},
    {"HTTP, NDJSON", &SendHttp},
    {"files", &SendFiles},
};

int FreePort() {
  const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (s < 0 || bind(s, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(s, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    Die("no free port");
  close(s);
  return ntohs(address.sin_port);
}

// A Collector that receives OTLP and exports nothing.
class Collector {
 public:
  Collector(const std::string& program, const std::string& folder) {
    ports_.otlp_grpc = FreePort();
    ports_.otlp_http = FreePort();
    std::filesystem::create_directories(folder);
    const std::string config = folder + "/collector.yaml";
    std::ofstream(config) << absl::StrFormat(
        "receivers: {otlp: {protocols: {grpc: {endpoint: \"127.0.0.1:%d\"}, "
        "http: {endpoint: \"127.0.0.1:%d\"}}}}\n"
        "exporters: {nop: {}}\n"
        "service:\n"
        "  telemetry: {metrics: {level: none}, logs: {level: error}}\n"
        "  pipelines: {traces: {receivers: [otlp], exporters: [nop]}}\n",
        ports_.otlp_grpc, ports_.otlp_http);
    pid_ = fork();
    if (pid_ < 0) Die("fork");
    if (pid_ == 0) {
      execl(program.c_str(), program.c_str(), "--config", config.c_str(),
            nullptr);
      _exit(127);
    }
    httplib::Client client = HttpTo(ports_.otlp_http);
    for (int i = 0; !client.Get("/"); ++i) {
      if (i == 200 || waitpid(pid_, nullptr, WNOHANG) != 0)
        Die(program + " did not start");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  ~Collector() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  const Ports& ports() const { return ports_; }
  double CpuMicros() const {
    std::ifstream stat(absl::StrFormat("/proc/%d/stat", pid_));
    std::string word;
    double ticks = 0;
    // utime and stime are the fields 14 and 15; the name has no space here.
    for (int field = 1; field <= 15 && stat >> word; ++field)
      if (field >= 14) ticks += std::atof(word.c_str());
    return ticks * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
  }

 private:
  pid_t pid_ = -1;
  Ports ports_;
};

// Waits until `count` more have come than `before` says.
ServerFigures WaitFor(ServerProcess& server, const ServerFigures& before,
                      size_t count) {
  for (int i = 0; i < 1200; ++i) {
    ServerFigures now = server.Figures();
    if (now.accepted + now.dropped - before.accepted - before.dropped >=
        static_cast<int64_t>(count))
      return now;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  Die("not all responses came");
}

double MeasureOne(ServerProcess& server, const Way& way,
                  const std::vector<Response>& all, const std::string& folder) {
  const ServerFigures before = server.Figures();
  way.send(server.ports(), all, folder);
  const ServerFigures after = WaitFor(server, before, all.size());
  return (after.cpu_us - before.cpu_us) / static_cast<double>(all.size());
}

// Sends a few responses from time to time until the server is idle in between:
// regressions are fitted beside the traffic.
void Settle(ServerProcess& server, Material& material,
            const std::string& folder) {
  int quiet = 0;
  for (int looks = 0; quiet < 5 && looks < 300; ++looks) {
    MeasureOne(server, kWays[0], material.Make(kModels), folder);
    const double before = server.Figures().cpu_us;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    quiet = server.Figures().cpu_us - before < 5000 ? quiet + 1 : 0;
  }
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int64_t MeasureWays(bool quick, const std::string& folder,
                    const std::string& collector_program,
                    std::vector<std::pair<std::string, double>>& out) {
  const size_t n = quick ? 1024 : 8192;
  const int rounds = quick ? 1 : 5;
  const std::string full_folder = folder + "/pipeline";
  const std::string raw_folder = folder + "/trivial";
  std::filesystem::create_directories(full_folder);
  ServerProcess pipeline(
      {.folder = full_folder, .streams = kModels, .all_ways = true});
  ServerProcess trivial({.trivial = true,
                         .folder = raw_folder,
                         .streams = kModels,
                         .all_ways = true});
  std::unique_ptr<Collector> collector;
  if (!collector_program.empty())
    collector = std::make_unique<Collector>(collector_program, folder);
  Material material;
  // References are learnt and regressions fitted before anything is measured.
  for (int i = 0; i < (quick ? 10 : 4); ++i)
    MeasureOne(pipeline, kWays[0], material.Make(n), full_folder);
  Settle(pipeline, material, full_folder);
  std::printf("%-32s %12s %12s %12s\n", "", "trivial us", "pipeline us",
              "Collector us");
  for (const Way& way : kWays) {
    std::vector<double> raw;
    std::vector<double> full;
    std::vector<double> other;
    for (int i = 0; i < rounds; ++i) {
      const std::vector<Response> all = material.Make(n);
      raw.push_back(MeasureOne(trivial, way, all, raw_folder));
      full.push_back(MeasureOne(pipeline, way, all, full_folder));
      if (collector == nullptr || !way.otlp) continue;
      const double before = collector->CpuMicros();
      way.send(collector->ports(), all, folder);
      other.push_back((collector->CpuMicros() - before) /
                      static_cast<double>(n));
    }
    const std::string name = way.name;
    out.emplace_back(name + ": trivial sink", Median(raw));
    out.emplace_back(name + ": pipeline", Median(full));
    if (!other.empty()) out.emplace_back(name + ": Collector", Median(other));
    std::printf("%-32s %12.2f %12.2f %12.2f\n", way.name, Median(raw),
                Median(full), other.empty() ? 0 : Median(other));
    std::fflush(stdout);
  }
  const int64_t dropped =
      pipeline.Figures().dropped + trivial.Figures().dropped;
  out.emplace_back("dropped", static_cast<double>(dropped));
  return dropped;
}

}  // namespace reasonwatch::bench
