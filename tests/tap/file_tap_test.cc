// SPDX-License-Identifier: Apache-2.0
// Files that grow, are renamed, copied and truncated while they are followed by
// a process that is killed at random: every row counts exactly once.
//
// A kill is a tap that ends together with all that its sink had not saved. The
// sink keeps the rows and places of a saved state, as the pipeline does.
//
// In order: the sink, the writer of files, single rules, the property.
#include "tap/files/file_tap.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tap/files/file_mark.h"
#include "tap/files/search.h"
#include "util/mutex.h"

namespace reasonwatch {
namespace {

namespace fs = std::filesystem;

// The saved state of a model: how often each row was counted, and the
// last row of each file.
struct State {
  std::map<std::string, int> rows;
  std::map<uint64_t, int64_t> places;
};

class SavingSink : public TapSink, public OffsetStore {
 public:
  TapOutcome Offer(Response&& response, int64_t bytes) override {
    OfferPatiently(response, bytes, {});
    return {};
  }
  bool OfferPatiently(Response& response, int64_t,
                      const RowPosition& position) override {
    MutexLock lock(mutex_);
    if (random_() % 8 == 0) return false;  // no room just now
    State& state = now_[response.model];
    if (position.row <= state.places[position.file]) return true;
    state.places[position.file] = position.row;
    ++state.rows[response.id];
    // An incident saves its model alone, at any time.
    if (random_() % 16 == 0) saved_[response.model] = state;
    return true;
  }
  void SaveBehind(std::function<void(bool saved)> done) override {
    {
      MutexLock lock(mutex_);
      saved_ = now_;
    }
    done(true);
  }
  std::string Load() override {
    MutexLock lock(mutex_);
    return offsets_;
  }
  absl::Status Save(const std::string& offsets) override {
    MutexLock lock(mutex_);
    offsets_ = offsets;
    return absl::OkStatus();
  }
  // The process ends; only the saved state is left.
  void Kill() {
    MutexLock lock(mutex_);
    now_ = saved_;
  }
  std::map<std::string, int> Rows() {
    MutexLock lock(mutex_);
    std::map<std::string, int> rows;
    for (const auto& [model, state] : now_)
      rows.insert(state.rows.begin(), state.rows.end());
    return rows;
  }

 private:
  Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_){5};
  std::map<std::string, State> now_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, State> saved_ ABSL_GUARDED_BY(mutex_);
  std::string offsets_ ABSL_GUARDED_BY(mutex_);
};

class FileTapTest : public testing::Test {
 protected:
  FileTapTest() {
    std::string pattern = testing::TempDir() + "files-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    options_.paths = {{folder_ + "/*.jsonl", "reasonwatch", ""}};
    options_.poll = absl::Milliseconds(1);
    options_.scan = absl::Milliseconds(3);
    options_.save = absl::Milliseconds(4);
    options_.grace = absl::Milliseconds(300);
    options_.last_line = absl::Milliseconds(50);
  }
  ~FileTapTest() override {
    tap_.reset();
    fs::remove_all(folder_);
  }

  void Start() {
    tap_ = std::make_unique<FileTap>(
        options_,
        TapContext{.sink = sink_, .on_duration = {}, .offsets = &sink_});
    ASSERT_TRUE(tap_->Start().ok());
  }
  void Kill() {
    tap_.reset();
    sink_.Kill();
  }
  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  static void Append(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::app | std::ios::binary) << text;
  }
  static std::string Row(const std::string& id) {
    return "{\"id\":\"" + id + "\",\"model\":\"m" +
           std::to_string(id.size() % 3) + "\",\"content\":\"x\"}\n";
  }
  // Waits until the follower would know the file after a kill. A file that
  // comes and goes before anybody looks is never seen.
  void AwaitKnown(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info = {};
    ASSERT_EQ(::fstat(fd, &info), 0);
    bool known = false;
    for (int i = 0; i < 20000 && !known; ++i) {
      for (const FileMark& mark : ReadMarks(sink_.Load()))
        known = known || (mark.inode == info.st_ino && mark.path == path &&
                          mark.prefix_bytes > 0 && Continues(fd, mark));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ::close(fd);
    ASSERT_TRUE(known) << path;
  }
  // Waits until so many rows have come.
  size_t Await(size_t rows) {
    for (int i = 0; i < 8000 && sink_.Rows().size() < rows; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return sink_.Rows().size();
  }

  std::string folder_;
  FileTapOptions options_;
  SavingSink sink_;
  std::unique_ptr<FileTap> tap_;
};

TEST_F(FileTapTest, ReadsWhatIsThereAndWhatIsAppended) {
  Append(Path("a.jsonl"), Row("1") + "\n" + Row("2"));
  Append(Path("not.this"), Row("no"));
  Start();
  EXPECT_EQ(Await(2), 2u);
  Append(Path("a.jsonl"), Row("3").substr(0, 9));
  Append(Path("b.jsonl"), Row("4"));
  EXPECT_EQ(Await(3), 3u);
  Append(Path("a.jsonl"), Row("3").substr(9));
  EXPECT_EQ(Await(4), 4u);
}

TEST_F(FileTapTest, CountsALastLineWithoutLineFeedOnceItIsWhole) {
  Append(Path("a.jsonl"), Row("1") + Row("2").substr(0, Row("2").size() - 1));
  Start();
  EXPECT_EQ(Await(2), 2u);
  Append(Path("a.jsonl"), "\n" + Row("3"));
  EXPECT_EQ(Await(3), 3u);
  EXPECT_EQ(sink_.Rows()["2"], 1);
}

TEST_F(FileTapTest, NamesRowsWithoutAnIdByTheirPlace) {
  Append(Path("a.jsonl"), "{\"model\":\"m\"}\n{\"model\":\"m\"}\n");
  Start();
  EXPECT_EQ(Await(2), 2u);
}

TEST_F(FileTapTest, CountsWhatItCannotReadAndGoesOn) {
  options_.max_line_bytes = 1 << 20;
  Append(Path("a.jsonl"), "no json\n{\"id\":\"x\"}\n");
  Append(Path("a.jsonl"), std::string(size_t{3} << 20, 'x') + "\n" + Row("1"));
  fs::create_directory(Path("folder.jsonl"));
  Start();
  EXPECT_EQ(Await(1), 1u);
  const TapCounters counters = tap_->Counters();
  EXPECT_EQ(counters.errors.at("unreadable_record"), 2);
  EXPECT_EQ(counters.errors.at("line_too_long"), 1);
  EXPECT_EQ(counters.errors.at("unreadable_file"), 1);
  EXPECT_EQ(counters.dropped.at("invalid"), 3);
}

TEST_F(FileTapTest, GivesRowsTheModelOfTheirPath) {
  options_.paths[0].model = "m9";
  Append(Path("a.jsonl"), "{\"id\":\"1\",\"content\":\"x\"}\n");
  Start();
  EXPECT_EQ(Await(1), 1u);
}

TEST_F(FileTapTest, FollowsAFileThatIsRenamedAwayToItsEnd) {
  Append(Path("a.jsonl"), Row("1"));
  Start();
  EXPECT_EQ(Await(1), 1u);
  AwaitKnown(Path("a.jsonl"));
  std::ofstream writer(Path("a.jsonl"), std::ios::app);
  fs::rename(Path("a.jsonl"), Path("a.1"));
  Append(Path("a.jsonl"), Row("new"));
  EXPECT_EQ(Await(2), 2u);
  // The writer has the old file open.
  writer << Row("2") << std::flush;
  EXPECT_EQ(Await(3), 3u);
}

TEST_F(FileTapTest, ReadsTheEndOfAFileThatWasRenamedWhileNobodyLooked) {
  Append(Path("a.jsonl"), Row("1"));
  Start();
  EXPECT_EQ(Await(1), 1u);
  AwaitKnown(Path("a.jsonl"));
  tap_.reset();
  Append(Path("a.jsonl"), Row("2"));
  fs::rename(Path("a.jsonl"), Path("a.1"));
  Append(Path("a.jsonl"), Row("3"));
  Start();
  EXPECT_EQ(Await(3), 3u);
  for (const auto& [id, times] : sink_.Rows()) EXPECT_EQ(times, 1) << id;
}

// After a restart a file that was read to its end is closed until it grows. It
// grows and goes before anybody looks, and no other file takes its name.
TEST_F(FileTapTest, ReadsTheEndOfAFileThatWentBetweenTwoScans) {
  for (const bool copied : {false, true}) {
    const std::string name = copied ? "copied" : "renamed";
    const std::string path = Path(name + ".jsonl");
    const size_t before = sink_.Rows().size();
    options_.scan = absl::Milliseconds(3);
    Append(path, Row(name + "1"));
    Start();
    EXPECT_EQ(Await(before + 1), before + 1);
    AwaitKnown(path);
    tap_.reset();
    options_.scan = absl::Seconds(2);
    // The scan at the start is over when another file's row is there.
    Append(Path(name + "2.jsonl"), Row(name + "2"));
    Start();
    EXPECT_EQ(Await(before + 2), before + 2);
    Append(path, Row(name + "3"));
    if (copied) {
      fs::copy_file(path, path + ".1");
      fs::resize_file(path, 0);
    } else {
      fs::rename(path, path + ".1");
    }
    EXPECT_EQ(Await(before + 3), before + 3) << name;
    tap_.reset();
  }
  for (const auto& [id, times] : sink_.Rows()) EXPECT_EQ(times, 1) << id;
}

TEST(FolderListing, FindsTheSameFileBeforeACopyAndLooksAgain) {
  std::string folder = testing::TempDir() + "listing-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/a.jsonl";
  std::ofstream(path) << "first line\nsecond\n";
  bool unreadable = false;
  const OpenFile file = OpenToFollow(path, unreadable);
  FileMark mark{.key = 1, .inode = file.inode, .offset = 11, .path = path};
  MarkPrefix(file.fd, mark);
  fs::copy_file(path, path + ".copy");
  fs::copy_file(path, folder + "/shorter");
  fs::resize_file(folder + "/shorter", 10);
  const auto find = [&](FolderListing& listing, uint64_t taken) {
    std::string found;
    const OpenFile there = listing.FindMoved(
        mark, [taken](uint64_t inode) { return inode == taken; }, found);
    if (there.fd >= 0) ::close(there.fd);
    return found;
  };
  FolderListing listing(path);
  EXPECT_EQ(find(listing, 0), path);
  EXPECT_EQ(find(listing, file.inode), path + ".copy");
  fs::rename(path, path + ".1");
  // The listing has the old name; nothing is there now.
  EXPECT_EQ(find(listing, 0), path + ".copy");
  FolderListing fresh(path);
  EXPECT_EQ(find(fresh, 0), path + ".1");
  FolderListing none(folder + "/no/such/folder");
  EXPECT_EQ(find(none, 0), "");
  ::close(file.fd);
  fs::remove_all(folder);
}

TEST_F(FileTapTest, RefusesAFormatThatIsNone) {
  options_.paths[0].format = "csv";
  FileTap tap(options_, TapContext{sink_, nullptr});
  EXPECT_EQ(tap.Start().code(), absl::StatusCode::kInvalidArgument);
}

// Writes rows in random pieces into two files, rotates them both ways, and
// kills the follower all the while.
TEST_F(FileTapTest, EveryRowCountsOnceOverKillsAndRotations) {
  std::mt19937_64 random(17);
  std::set<std::string> written;
  int rotations = 0;
  int kills = 0;
  Start();
  for (int round = 0; round < 260; ++round) {
    const std::string path = Path(random() % 2 == 0 ? "a.jsonl" : "b.jsonl");
    const size_t n = random() % 30;
    for (size_t i = 0; i < n; ++i) {
      std::string id = "r" + std::to_string(random());
      const std::string row = Row(id);
      const size_t cut = random() % row.size();
      Append(path, row.substr(0, cut));
      if (random() % 16 == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      // Longer than last_line: a slow writer.
      if (random() % 128 == 0 || (i == 0 && random() % 8 == 0))
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
      Append(path, row.substr(cut));
      written.insert(std::move(id));
    }
    switch (random() % 6) {
      case 0:
        ++kills;
        Kill();
        Start();
        break;
      case 1:
        if (!fs::exists(path) || fs::file_size(path) == 0) break;
        AwaitKnown(path);
        fs::rename(path, path + "." + std::to_string(++rotations));
        break;
      case 2: {
        if (!fs::exists(path) || fs::file_size(path) == 0) break;
        AwaitKnown(path);
        // The usual copy and truncation; nothing is written in between.
        fs::copy_file(path, path + "." + std::to_string(++rotations));
        fs::resize_file(path, 0);
        break;
      }
      default:
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 8));
    }
  }
  EXPECT_GT(kills, 20);
  EXPECT_GT(rotations, 20);
  EXPECT_EQ(Await(written.size()), written.size());
  for (const auto& [id, times] : sink_.Rows()) {
    EXPECT_EQ(times, 1) << id;
    EXPECT_TRUE(written.contains(id)) << id;
  }
  EXPECT_TRUE(tap_->Counters().errors.empty());
}

// A key that changed as the line went on would count its row again after a
// kill.
TEST(FileMark, ALineThatIsHalfWrittenHasNoKey) {
  const std::string path = testing::TempDir() + "half-written.jsonl";
  const std::string line = R"({"id":"a","usage":{"output_tokens":7}})";
  for (size_t written = 1; written < line.size(); ++written) {
    std::ofstream(path, std::ios::trunc) << line.substr(0, written);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(KeyOf(fd, 1, /*settled=*/true), std::nullopt) << written;
    ::close(fd);
  }
  std::ofstream(path, std::ios::trunc) << line;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(KeyOf(fd, 1, /*settled=*/false), std::nullopt);
  const auto key = KeyOf(fd, 1, /*settled=*/true);
  EXPECT_TRUE(key.has_value());
  std::ofstream(path, std::ios::app) << "\n{}\n";
  EXPECT_EQ(KeyOf(fd, 1, /*settled=*/false), key);
  ::close(fd);
  fs::remove(path);
}

TEST(FileMark, IsReadBackAsItWasWritten) {
  const std::vector<FileMark> marks = {{1, 2, 3, 4, 5, "/var/log/a b.jsonl"},
                                       {~uint64_t{0}, 9, 0, 0, 0, "x"}};
  EXPECT_EQ(ReadMarks(WriteMarks(marks)), marks);
  EXPECT_TRUE(
      ReadMarks("nonsense\n1 2 3\n0 0 0 0 0 x\n1 1 9 9 -3 x\n").empty());
}

}  // namespace
}  // namespace reasonwatch
