// SPDX-License-Identifier: Apache-2.0
// State blobs that earlier releases have stored: this code reads each of them
// and, with no new data, saves the same bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/pipeline/model_pipeline.h"
#include "storage/baseline_store.h"
#include "storage/sqlite_store.h"

namespace reasonwatch {
namespace {

using Blobs = std::map<std::string, StateBlob>;  // by kind

constexpr char kPipelineKind[] = "pipeline";
constexpr char kWatchKind[] = "watch";

// A copy of a release's data folder, which opening it may change.
class Fixture {
 public:
  explicit Fixture(const std::string& version) {
    std::string name = testing::TempDir() + "/stateXXXXXX";
    folder_ = mkdtemp(name.data());
    std::filesystem::copy(
        std::string(REASONWATCH_STATE_FIXTURES) + "/" + version, folder_);
    SqliteStoreOptions options;
    options.folder = folder_;
    store_ = OpenSqliteStore(options).value();
    const auto state = store_->LoadState();
    for (const StateBlob& blob : *state) state_[blob.key][blob.kind] = blob;
    const auto incidents = store_->LoadIncidents(/*open_only=*/false, 0);
    for (const Incident& incident : *incidents)
      incidents_[incident.model].push_back(incident);
    const auto baselines = OpenBaselineStore({.folder = folder_}).value();
    const auto infos = baselines->Baselines();
    for (const BaselineInfo& info : *infos) {
      const auto golden = baselines->Golden(info.model);
      for (const StateBlob& blob : *golden)
        golden_[info.model][blob.kind] = blob;
    }
  }
  ~Fixture() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  const std::map<std::string, Blobs>& state() const { return state_; }
  const std::map<std::string, Blobs>& golden() const { return golden_; }
  std::vector<Incident> incidents(const std::string& model) const {
    const auto it = incidents_.find(model);
    return it == incidents_.end() ? std::vector<Incident>() : it->second;
  }

 private:
  std::string folder_;
  std::unique_ptr<SqliteStore> store_;
  std::map<std::string, Blobs> state_;   // by model
  std::map<std::string, Blobs> golden_;  // by model
  std::map<std::string, std::vector<Incident>> incidents_;
};

std::vector<StateBlob> ListOf(const Blobs& blobs) {
  std::vector<StateBlob> list;
  for (const auto& [kind, blob] : blobs) list.push_back(blob);
  return list;
}

Blobs ByKind(const std::vector<StateBlob>& list) {
  Blobs blobs;
  for (const StateBlob& blob : list) blobs[blob.kind] = blob;
  return blobs;
}

uint32_t CountAt(const std::string& bytes, size_t at) {
  uint32_t count = 0;
  std::memcpy(&count, bytes.data() + at, sizeof(count));
  return count;
}

// Ids that were seen come out of a hash table, in another order each time:
// sorts them in a blob of kind "pipeline". Before them come, if it is
// versioned, names and versions of types, then open incidents, beginnings of
// prompts, prefix, last id and three times.
std::string WithSortedIds(std::string bytes, bool versioned) {
  using Seen = std::array<char, 16>;  // key, time
  size_t at = 0;
  if (versioned) {
    at += 4;
    for (uint32_t i = CountAt(bytes, 0); i > 0; --i)
      at += 4 + CountAt(bytes, at) + 4;
  }
  uint32_t incidents = CountAt(bytes, at);
  for (at += 4; incidents > 0; --incidents)
    at += 4 + CountAt(bytes, at) + 16;        // id, responses, time
  at += 4 + size_t{16} * CountAt(bytes, at);  // digest, count, position
  at += 4 + 1 + 8;                            // prompts, known or not, prefix
  at += 4 + CountAt(bytes, at);               // last id
  at += 8 + 8;                                // last time, received
  std::vector<Seen> seen(CountAt(bytes, at));
  at += 4;
  if (seen.empty()) return bytes;  // memcpy() wants pointers even for 0 bytes
  std::memcpy(seen.data(), bytes.data() + at, seen.size() * sizeof(Seen));
  std::sort(seen.begin(), seen.end());
  std::memcpy(bytes.data() + at, seen.data(), seen.size() * sizeof(Seen));
  return bytes;
}

// Version 0.1.0 stored a digest of eight bytes with each held response, which
// nothing read; 0 is saved in its place. Puts the stored digests back and
// returns how many there were.
size_t PutDigestsBack(const std::string& stored, std::string& saved) {
  size_t digests = 0;
  for (size_t i = 0; i < saved.size(); ++i) {
    if (saved[i] == stored[i]) continue;
    ++digests;
    for (const size_t end = std::min(i + 8, saved.size()); i < end; ++i)
      if (saved[i] == 0) saved[i] = stored[i];
    --i;
  }
  return digests;
}

// Every stored blob; a checkpoint leaves out parts that have not changed since
// its last one, so more may be saved now. Returns the number of blobs that this
// build saves in a later version, with more readings than 0.1.0 knew.
int ExpectSameBytes(const Blobs& all_saved, const Blobs& all_stored,
                    size_t held) {
  int later = 0;
  for (const auto& [kind, blob] : all_stored) {
    const auto it = all_saved.find(kind);
    EXPECT_NE(it, all_saved.end()) << kind << " is not saved any more";
    if (it == all_saved.end()) continue;
    EXPECT_EQ(it->second.key, blob.key) << kind;
    if (it->second.version != blob.version) {
      EXPECT_EQ(it->second.version, blob.version + 1) << kind;
      EXPECT_GT(it->second.bytes.size(), blob.bytes.size()) << kind;
      ++later;
      continue;
    }
    std::string saved = it->second.bytes;
    std::string stored = blob.bytes;
    // More channels than that release had: rows of their own, by name.
    if (kind == kWatchKind && saved.size() > stored.size()) {
      ++later;
      continue;
    }
    EXPECT_EQ(saved.size(), stored.size()) << kind;
    if (saved.size() != stored.size()) continue;
    if (kind == kPipelineKind) {
      constexpr int32_t kVersioned = 6;
      saved = WithSortedIds(saved, blob.version == kVersioned);
      stored = WithSortedIds(stored, blob.version == kVersioned);
      EXPECT_LE(PutDigestsBack(stored, saved), held);
    }
    // EXPECT_TRUE: nobody reads half a megabyte of bytes.
    EXPECT_TRUE(saved == stored) << kind << " has other bytes";
  }
  return later;
}

TEST(StateOf010, HasEveryKindOfBlob) {
  const Fixture fixture("0.1.0");
  std::set<std::string> kinds;
  for (const auto& [model, blobs] : fixture.state())
    for (const auto& [kind, blob] : blobs)
      kinds.insert(kind.substr(0, kind.find('/')));
  EXPECT_EQ(kinds, (std::set<std::string>{"agreed", "habits", "pipeline",
                                          "reference_rows", "watch"}));
  EXPECT_EQ(fixture.state().size(), 2u);
  EXPECT_EQ(fixture.golden().size(), 1u);
  EXPECT_EQ(fixture.incidents("heron-think-8b").size(), 1u);
}

class StateOfReleases : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, StateOfReleases,
                         testing::Values("0.1.0", "0.1.0-killed"),
                         [](const auto& release) {
                           std::string name = release.param;
                           for (char& c : name)
                             if (c == '.' || c == '-') c = '_';
                           return name;
                         });

TEST_P(StateOfReleases, IsSavedWithTheSameBytes) {
  const Fixture fixture(GetParam());
  ASSERT_FALSE(fixture.state().empty());
  for (const auto& [model, stored] : fixture.state()) {
    SCOPED_TRACE(model);
    ModelPipeline pipeline(model, WatchOptions{}, IncidentOptions{});
    const absl::Status status =
        pipeline.Restore(ListOf(stored), fixture.incidents(model));
    ASSERT_TRUE(status.ok()) << status;
    const Blobs saved = ByKind(pipeline.Save(/*all=*/true));
    const size_t holding = pipeline.order().holding();
    ExpectSameBytes(saved, stored, holding);
    // In this build's own versions nothing is lost either.
    ModelPipeline again(model, WatchOptions{}, IncidentOptions{});
    ASSERT_TRUE(again.Restore(ListOf(saved), fixture.incidents(model)).ok());
    EXPECT_EQ(ExpectSameBytes(ByKind(again.Save(/*all=*/true)), saved, 0), 0);
  }
}

TEST_P(StateOfReleases, GoldenReferenceIsSavedWithTheSameBytes) {
  const Fixture fixture(GetParam());
  for (const auto& [model, stored] : fixture.golden()) {
    SCOPED_TRACE(model);
    ModelPipeline pipeline(model, WatchOptions{}, IncidentOptions{});
    const absl::Status status = pipeline.RestoreReference(ListOf(stored));
    ASSERT_TRUE(status.ok()) << status;
    const Blobs saved = ByKind(pipeline.SaveReference());
    ExpectSameBytes(saved, stored, 0);
    ModelPipeline again(model, WatchOptions{}, IncidentOptions{});
    ASSERT_TRUE(again.RestoreReference(ListOf(saved)).ok());
    EXPECT_EQ(ExpectSameBytes(ByKind(again.SaveReference()), saved, 0), 0);
  }
}

TEST(StateOf010, HoldsResponsesWhereItWasKilled) {
  const Fixture fixture("0.1.0-killed");
  ASSERT_EQ(fixture.state().size(), 1u);
  const auto& [model, stored] = *fixture.state().begin();
  ModelPipeline pipeline(model, WatchOptions{}, IncidentOptions{});
  ASSERT_TRUE(pipeline.Restore(ListOf(stored), {}).ok());
  EXPECT_GT(pipeline.order().holding(), 30u);
  EXPECT_FALSE(pipeline.prefix().has_value());
  pipeline.Drain();
  EXPECT_EQ(pipeline.order().holding(), 0u);
  EXPECT_GT(pipeline.watch().responses(), 30);
}

}  // namespace
}  // namespace reasonwatch
