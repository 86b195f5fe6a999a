#include "bench/pipeline/stages.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "bench/pipeline/traffic.h"
#include "daemon/config.h"
#include "daemon/export/telemetry.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/settings.h"
#include "daemon/pipeline/standard_evaluator.h"
#include "storage/sqlite_store.h"

namespace reasonwatch::bench {
namespace {

double Micros(clockid_t clock) {
  timespec t = {};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e6 +
         static_cast<double>(t.tv_nsec) * 1e-3;
}

double Quantile(std::vector<double>& values, double q) {
  const auto at =
      static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<size_t>(at)];
}

}  // namespace

std::vector<std::pair<std::string, double>> MeasureStages(
    bool quick, const std::string& folder) {
  const int streams = quick ? 2 : 4;
  const int warm = quick ? 600 : 1200;  // responses a stream
  const int timed = quick ? 4000 : 20000;
  Traffic traffic(2);
  std::vector<Response> texts;
  for (int i = 0; i < 512; ++i) texts.push_back(traffic.Make());
  StandardEvaluator evaluator("bench");
  Telemetry telemetry({.version = "bench"});
  const Config config = DefaultConfig();
  std::vector<std::unique_ptr<ModelPipeline>> pipelines;
  for (int s = 0; s < streams; ++s)
    pipelines.push_back(std::make_unique<ModelPipeline>(
        ModelName(s), WatchOptionsOf(config), IncidentOptions{}));

  std::vector<std::pair<std::string, double>> result;
  std::vector<double> evaluate;
  std::vector<double> count;
  std::vector<double> detect;
  double fit = 0;
  int64_t fits = 0;
  for (int i = 0; i < warm * streams + timed; ++i) {
    ModelPipeline& pipeline = *pipelines[static_cast<size_t>(i % streams)];
    Response& r = texts[static_cast<size_t>(i) % texts.size()];
    r.id = absl::StrCat("bench-", i);
    r.model = pipeline.model();
    r.time = StartOf(i / streams);
    r.end_time = r.time + kDuration;
    const double t0 = Micros(CLOCK_THREAD_CPUTIME_ID);
    Scored scored = evaluator.Evaluate(r);
    const double t1 = Micros(CLOCK_THREAD_CPUTIME_ID);
    telemetry.ObserveResponse(scored, ResponseOutcome::kScored);
    const double t2 = Micros(CLOCK_THREAD_CPUTIME_ID);
    pipeline.Take(std::move(scored), false);
    const double t3 = Micros(CLOCK_THREAD_CPUTIME_ID);
    for (FitJob job = pipeline.watch().TakeFitJob(); !job.rows.empty();
         job = pipeline.watch().TakeFitJob()) {
      const double begin = Micros(CLOCK_THREAD_CPUTIME_ID);
      pipeline.watch().InstallFit(job, FitPromptRegression(job.rows));
      fit = Micros(CLOCK_THREAD_CPUTIME_ID) - begin;
      ++fits;
    }
    if (i < warm * streams) continue;
    evaluate.push_back(t1 - t0);
    count.push_back(t2 - t1);
    detect.push_back(t3 - t2);
  }
  const auto add = [&](const std::string& name, std::vector<double>& values) {
    result.emplace_back(name + ", us p50", Quantile(values, .5));
    result.emplace_back(name + ", us p99", Quantile(values, .99));
  };
  add("evaluate (text to numbers)", evaluate);
  add("count (metrics)", count);
  add("detect (numbers to evidence)", detect);
  if (fits > 0) result.emplace_back("last regression fit, ms", fit / 1000);

  // A checkpoint of every pipeline, and what it costs the writer.
  SqliteStoreOptions options;
  options.folder = folder;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", std::string(store.status().message()).c_str());
    std::exit(1);
  }
  for (const bool all : {true, false}) {
    double bytes = 0;
    const double begin = Micros(CLOCK_THREAD_CPUTIME_ID);
    std::vector<std::vector<StateBlob>> saved;
    for (auto& pipeline : pipelines) saved.push_back(pipeline->Save(all));
    const double save = Micros(CLOCK_THREAD_CPUTIME_ID) - begin;
    const double before = Micros(CLOCK_PROCESS_CPUTIME_ID);
    for (auto& blobs : saved) {
      for (const StateBlob& blob : blobs)
        bytes += static_cast<double>(blob.bytes.size());
      (*store)->PutState(std::move(blobs)).IgnoreError();
    }
    (*store)->Flush(absl::Seconds(60)).IgnoreError();
    const double put = Micros(CLOCK_PROCESS_CPUTIME_ID) - before;
    const std::string name =
        all ? "first checkpoint of a warm stream" : "later checkpoint";
    result.emplace_back(name + ", kB", bytes / 1000 / streams);
    result.emplace_back(name + ", worker us", save / streams);
    result.emplace_back(name + ", writer us", put / streams);
  }
  result.emplace_back(
      "database a warm stream, kB",
      static_cast<double>((*store)->Statistics().database_bytes) / 1000 /
          streams);
  return result;
}

}  // namespace reasonwatch::bench
