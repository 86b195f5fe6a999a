// SPDX-License-Identifier: Apache-2.0
#include "bench/pipeline/stages.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "bench/pipeline/traffic.h"
#include "daemon/app/config/config.h"
#include "daemon/app/settings.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/telemetry/telemetry.h"
#include "evaluator/standard_evaluator.h"
#include "storage/sqlite_store.h"

namespace reasonwatch::bench {
namespace {

using Pipelines = std::vector<std::unique_ptr<ModelPipeline>>;
using Figures = std::vector<std::pair<std::string, double>>;

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

// CPU time of each stage of each measured response, in microseconds.
struct StageTimes {
  std::vector<double> evaluate;
  std::vector<double> count;
  std::vector<double> detect;
  double last_fit = 0;
  int64_t fits = 0;
};

// Runs the regression fits that the pipeline has ready, as a fit worker does.
void RunFits(ModelPipeline& pipeline, StageTimes& times) {
  for (FitJob job = pipeline.watch().NextFitJob(); !job.rows.empty();
       job = pipeline.watch().NextFitJob()) {
    const double begin = Micros(CLOCK_THREAD_CPUTIME_ID);
    pipeline.watch().InstallFit(job, FitPromptRegression(job.rows));
    times.last_fit = Micros(CLOCK_THREAD_CPUTIME_ID) - begin;
    ++times.fits;
  }
}

// Sends `warm` responses through the pipelines in turn without measuring them,
// so that every stream has learnt its reference, and then `timed` measured
// ones.
StageTimes RunTraffic(const Pipelines& pipelines, int warm, int timed) {
  // 512 different texts, so that no cache holds the text of the next response.
  Traffic traffic(2);
  std::vector<Response> texts;
  for (int i = 0; i < 512; ++i) texts.push_back(traffic.Make());
  StandardEvaluator evaluator("bench");
  Telemetry telemetry({.version = "bench"});
  const int streams = static_cast<int>(pipelines.size());
  StageTimes times;
  for (int i = 0; i < warm + timed; ++i) {
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
    pipeline.Observe(std::move(scored), false);
    const double t3 = Micros(CLOCK_THREAD_CPUTIME_ID);
    RunFits(pipeline, times);
    if (i < warm) continue;
    times.evaluate.push_back(t1 - t0);
    times.count.push_back(t2 - t1);
    times.detect.push_back(t3 - t2);
  }
  return times;
}

void ReportStages(StageTimes& times, Figures& figures) {
  const auto add = [&](const std::string& name, std::vector<double>& values) {
    figures.emplace_back(name + ", us p50", Quantile(values, .5));
    figures.emplace_back(name + ", us p99", Quantile(values, .99));
  };
  add("evaluate (text to numbers)", times.evaluate);
  add("count (metrics)", times.count);
  add("detect (numbers to evidence)", times.detect);
  if (times.fits > 0)
    figures.emplace_back("last regression fit, ms", times.last_fit / 1000);
}

// Measures a checkpoint of every pipeline, and the CPU time that the store's
// writer needs for it, once for whole states and once for changes.
void MeasureCheckpoints(const Pipelines& pipelines, const std::string& folder,
                        Figures& figures) {
  SqliteStoreOptions options;
  options.folder = folder;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", std::string(store.status().message()).c_str());
    // Not exit(): threads may still run.
    std::_Exit(1);
  }
  const auto streams = static_cast<double>(pipelines.size());
  for (const bool all : {true, false}) {
    double bytes = 0;
    const double begin = Micros(CLOCK_THREAD_CPUTIME_ID);
    std::vector<std::vector<StateBlob>> saved;
    for (const auto& pipeline : pipelines) saved.push_back(pipeline->Save(all));
    const double save = Micros(CLOCK_THREAD_CPUTIME_ID) - begin;
    // The writer is another thread, so its time is that of the process.
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
    figures.emplace_back(name + ", kB", bytes / 1000 / streams);
    figures.emplace_back(name + ", worker us", save / streams);
    figures.emplace_back(name + ", writer us", put / streams);
  }
  figures.emplace_back(
      "database a warm stream, kB",
      static_cast<double>((*store)->Statistics().database_bytes) / 1000 /
          streams);
}

}  // namespace

std::vector<std::pair<std::string, double>> MeasureStages(
    bool quick, const std::string& folder) {
  const int streams = quick ? 2 : 4;
  // Responses for each stream: enough to end learning and to begin watching.
  const int warm = quick ? 600 : 1200;
  const int timed = quick ? 4000 : 20000;
  const Config config = DefaultConfig();
  Pipelines pipelines;
  for (int s = 0; s < streams; ++s)
    pipelines.push_back(std::make_unique<ModelPipeline>(
        ModelName(s), WatchOptionsOf(config), IncidentOptions{}));
  StageTimes times = RunTraffic(pipelines, warm * streams, timed);
  Figures figures;
  ReportStages(times, figures);
  MeasureCheckpoints(pipelines, folder, figures);
  return figures;
}

}  // namespace reasonwatch::bench
