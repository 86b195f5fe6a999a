// SPDX-License-Identifier: Apache-2.0
// One thread looks at all files. Marks say how far each was read; those of
// files that are not open are kept beside, so that a file is known again by
// whatever name. Every few seconds the sink saves its state, and only then are
// the marks stored: they never run ahead of the rows that were saved. What lies
// behind them is told apart by each row's place (TapSink::OfferPatiently).
//
// In order: a line, one file's step, finding files, saving, the loop, the tap.
#include "tap/files/file_tap.h"

#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tap/exchange/exchange.h"
#include "tap/files/followed_file.h"
#include "tap/files/search.h"
#include "tap/intake.h"
#include "tap/jsonl/import.h"
#include "util/ascii.h"
#include "util/mutex.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Between two looks at a full queue.
constexpr auto kRoomInterval = std::chrono::milliseconds(5);
// A file that has not grown for this long is closed, and looked at by its size.
constexpr absl::Duration kIdle = absl::Minutes(10);
constexpr size_t kMaxKnown = 512;  // files whose mark is remembered

absl::Status CheckPath(const FollowedPath& source) {
  if (source.path.empty())
    return absl::InvalidArgumentError("tap.files: a path is empty");
  if (!RecordFormatOf(source.format).has_value())
    return absl::InvalidArgumentError(absl::StrFormat(
        "tap.files: %s: no format '%s'", source.path, source.format));
  return absl::OkStatus();
}

int64_t SizeOf(int fd) {
  struct stat info = {};
  return ::fstat(fd, &info) == 0 ? static_cast<int64_t>(info.st_size) : 0;
}

bool Settled(int fd, absl::Duration age) {
  struct stat info = {};
  return ::fstat(fd, &info) == 0 &&
         absl::Now() - absl::FromTimeT(info.st_mtime) > age;
}

}  // namespace

class FileTap::Follower {
 public:
  Follower(const FileTapOptions& options, TapContext context)
      : options_(options),
        sink_(context.sink),
        offsets_(context.offsets),
        intake_(std::move(context)) {}

  absl::Status Start() {
    for (const FollowedPath& source : options_.paths) {
      if (absl::Status s = CheckPath(source); !s.ok()) return s;
      readers_.push_back(std::make_unique<RecordReader>(
          *RecordFormatOf(source.format), source.model));
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
    return absl::OkStatus();
  }
  void Stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }
  TapCounters Counters() const { return intake_.Counters(); }

 private:
  struct Found {
    OpenFile file;
    std::string path;
    size_t source = 0;
    bool taken = false;
  };
  struct Followed {
    std::unique_ptr<FollowedFile> file;
    size_t source = 0;
  };
  // Shared with the sink's thread, which may outlive the follower.
  struct Saving {
    enum State { kNone, kWaits, kSaved, kRefused };
    std::atomic<State> state = kNone;
  };

  void Run(const std::stop_token& stop);
  bool ReadLine(const std::stop_token& stop, size_t source, uint64_t key,
                int64_t begin, std::string_view line);
  bool Give(const std::stop_token& stop, Response row, uint64_t key,
            int64_t number);
  bool Step(const std::stop_token& stop, Followed& followed);
  bool FollowMoved(FolderListing& folder, const FileMark& mark, size_t source);
  std::vector<FileMark> FollowMoved(const std::vector<FileMark>& marks);
  size_t SourceOf(const FileMark& mark) const;

  void Scan();
  void FollowGone();
  std::vector<Found> FindNew(std::set<uint64_t>& seen);
  bool Claim(Found& found, bool by_inode);
  void Begin(Found& found);
  void Follow(OpenFile file, FileMark mark, size_t source);
  void Forget(Followed& followed);
  void FindLost();

  void Save();
  std::vector<FileMark> Marks() const;
  bool IsFollowed(uint64_t inode) const;
  bool IsKnown(uint64_t key) const;

  const FileTapOptions options_;
  TapSink& sink_;
  OffsetStore* const offsets_;
  TapIntake intake_;
  std::vector<std::unique_ptr<RecordReader>> readers_;  // of the paths

  std::vector<Followed> files_;
  std::vector<FileMark> known_;  // of files that are not open
  // Keys of those whose file a scan found with nothing new in it.
  std::set<uint64_t> at_rest_;
  std::set<uint64_t> at_rest_before_;
  std::set<std::string> refused_paths_;
  std::string saved_;
  std::string to_save_;
  std::shared_ptr<Saving> saving_ = std::make_shared<Saving>();
  std::vector<Response> rows_;
  std::vector<std::string> errors_;

  Mutex mutex_;  // only for the wait
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: ends before the members that it uses
};

bool FileTap::Follower::Give(const std::stop_token& stop, Response row,
                             uint64_t key, int64_t number) {
  if (row.id.empty()) row.id = absl::StrFormat("file-%x-%d", key, number);
  if (row.source.empty()) row.source = "files";
  const int64_t bytes = MemoryOf(row);
  const auto arrived = std::chrono::steady_clock::now();
  while (!intake_.OfferPatiently(row, bytes, arrived, {key, number})) {
    if (stop.stop_requested()) return false;
    std::this_thread::sleep_for(kRoomInterval);
  }
  return true;
}

// A line of several responses is shorter than it has bytes, so each of them has
// a place of its own.
bool FileTap::Follower::ReadLine(const std::stop_token& stop, size_t source,
                                 uint64_t key, int64_t begin,
                                 std::string_view line) {
  if (stop.stop_requested()) return false;
  line = ascii::Trim(line);
  if (line.empty()) return true;
  RecordReader& reader = *readers_[source];
  rows_.clear();
  errors_.clear();
  reader.Read(line, rows_, errors_);
  int64_t number = begin;
  for (Response& row : rows_)
    if (!Give(stop, std::move(row), key, ++number)) return false;
  for (size_t i = 0; i < errors_.size(); ++i)
    intake_.Reject("unreadable_record");
  if (!reader.unknown_keys().empty()) intake_.CountError("unknown_key");
  return true;
}

bool FileTap::Follower::Step(const std::stop_token& stop, Followed& followed) {
  FollowedFile& file = *followed.file;
  const auto on_line = [&](int64_t begin, std::string_view line) {
    return ReadLine(stop, followed.source, file.mark().key, begin, line);
  };
  const int64_t skipped = file.skipped_lines();
  const FollowedFile::Outcome outcome =
      file.Read(options_.max_line_bytes, on_line);
  for (int64_t n = skipped; n < file.skipped_lines(); ++n)
    intake_.Reject("line_too_long");
  if (outcome == FollowedFile::Outcome::kReplaced) {
    const FileMark mark = file.mark();
    const size_t source = followed.source;
    Forget(followed);
    FolderListing folder(mark.path);
    FollowMoved(folder, mark, source);
    return true;
  }
  if (outcome == FollowedFile::Outcome::kMore) return true;
  const absl::Duration idle = absl::Now() - file.grown();
  const bool over = file.ended || (file.moved && idle > options_.grace);
  if (over || idle > options_.last_line) file.ReadLastLine(on_line);
  if (over || idle > kIdle) Forget(followed);
  return false;
}

// The file of this mark was truncated, or its name is another file's now.
// Returns false if there is no such file any more.
bool FileTap::Follower::FollowMoved(FolderListing& folder, const FileMark& mark,
                                    size_t source) {
  std::string path;
  const OpenFile moved = folder.FindMoved(
      mark, [this](uint64_t inode) { return IsFollowed(inode); }, path);
  if (moved.fd < 0) return false;
  if (SizeOf(moved.fd) == mark.offset) {
    ::close(moved.fd);
    for (FileMark& known : known_)
      if (known.key == mark.key) known.path = path;
    return true;
  }
  FileMark found = mark;
  found.inode = moved.inode;
  found.path = path;
  Follow(moved, found, source);
  files_.back().file->moved = true;
  files_.back().file->ended = moved.inode != mark.inode;
  return true;
}

// The same for many. Returns those that were not found, even in a second
// listing: a file may be missing in one if it is renamed at that moment.
std::vector<FileMark> FileTap::Follower::FollowMoved(
    const std::vector<FileMark>& marks) {
  std::vector<FileMark> left = marks;
  for (int attempt = 0; attempt < 2 && !left.empty(); ++attempt) {
    std::map<std::string, FolderListing> folders;
    std::erase_if(left, [&](const FileMark& mark) {
      const std::string folder = mark.path.substr(0, mark.path.rfind('/') + 1);
      return FollowMoved(folders.try_emplace(folder, mark.path).first->second,
                         mark, SourceOf(mark));
    });
  }
  return left;
}

size_t FileTap::Follower::SourceOf(const FileMark& mark) const {
  for (size_t i = 0; i < options_.paths.size(); ++i)
    if (::fnmatch(options_.paths[i].path.c_str(), mark.path.c_str(), 0) == 0)
      return i;
  return 0;
}

bool FileTap::Follower::IsFollowed(uint64_t inode) const {
  return std::ranges::any_of(files_, [inode](const Followed& f) {
    return f.file != nullptr && f.file->mark().inode == inode;
  });
}

bool FileTap::Follower::IsKnown(uint64_t key) const {
  return std::ranges::any_of(files_,
                             [key](const Followed& f) {
                               return f.file != nullptr &&
                                      f.file->mark().key == key;
                             }) ||
         std::ranges::any_of(known_,
                             [key](const FileMark& m) { return m.key == key; });
}

void FileTap::Follower::Follow(OpenFile file, FileMark mark, size_t source) {
  std::erase_if(known_,
                [&mark](const FileMark& m) { return m.key == mark.key; });
  files_.push_back({std::make_unique<FollowedFile>(file.fd, std::move(mark),
                                                   options_.paths[source]),
                    source});
}

// Closes the file and keeps its mark.
void FileTap::Follower::Forget(Followed& followed) {
  if (known_.size() >= kMaxKnown) known_.erase(known_.begin());
  known_.push_back(followed.file->mark());
  if (!followed.file->moved && !followed.file->ended)
    at_rest_.insert(known_.back().key);
  followed.file.reset();
}

// Files that fit the paths and are not open; `seen` gets the inodes of all.
std::vector<FileTap::Follower::Found> FileTap::Follower::FindNew(
    std::set<uint64_t>& seen) {
  std::vector<Found> all;
  std::set<std::string> refused;
  for (size_t source = 0; source < options_.paths.size(); ++source)
    for (const std::string& path : PathsOf(options_.paths[source].path)) {
      bool unreadable = false;
      const OpenFile file = OpenToFollow(path, unreadable);
      if (unreadable) {
        refused.insert(path);
        if (!refused_paths_.contains(path))
          intake_.CountError("unreadable_file");
      }
      if (file.fd < 0) continue;
      const auto open = std::ranges::find_if(files_, [&](const Followed& f) {
        return f.file != nullptr && f.file->mark().inode == file.inode;
      });
      if (open != files_.end()) open->file->set_path(path);
      if (!seen.insert(file.inode).second || open != files_.end()) {
        ::close(file.fd);
        continue;
      }
      all.push_back({file, path, source});
    }
  refused_paths_ = std::move(refused);
  return all;
}

// Takes up a file that was read before; by its inode, or as a copy.
bool FileTap::Follower::Claim(Found& found, bool by_inode) {
  for (FileMark& known : known_) {
    if (by_inode != (known.inode == found.file.inode) ||
        (!by_inode && known.prefix_bytes == 0) ||
        !Continues(found.file.fd, known))
      continue;
    found.taken = true;
    known.inode = found.file.inode;
    known.path = found.path;
    if (SizeOf(found.file.fd) == known.offset) {
      ::close(found.file.fd);
      at_rest_.insert(known.key);
    } else {
      FileMark mark = known;
      Follow(found.file, std::move(mark), found.source);
    }
    return true;
  }
  return false;
}

// Begins a file that is new.
void FileTap::Follower::Begin(Found& found) {
  found.taken = true;
  std::optional<uint64_t> key =
      KeyOf(found.file.fd, found.file.inode,
            Settled(found.file.fd, options_.last_line));
  if (!key.has_value()) {
    ::close(found.file.fd);
    return;
  }
  // Another content under an inode that was used before, with the same first
  // line.
  while (IsKnown(*key)) key = StableHash("again", *key);
  // The end of the file that had this name may be unread.
  std::vector<FileMark> before;
  for (const FileMark& known : known_)
    if (known.path == found.path) before.push_back(known);
  FileMark mark;
  mark.key = *key;
  mark.inode = found.file.inode;
  mark.path = found.path;
  MarkPrefix(found.file.fd, mark);
  const size_t source = found.source;
  Follow(found.file, std::move(mark), source);
  FollowMoved(before);
}

// Files that were at their place at the last scan, read to their end and
// closed: lines written before they were renamed or truncated are not read
// yet.
void FileTap::Follower::FollowGone() {
  std::vector<FileMark> gone;
  for (const FileMark& known : known_)
    if (at_rest_before_.contains(known.key) && !at_rest_.contains(known.key))
      gone.push_back(known);
  FollowMoved(gone);
}

void FileTap::Follower::Scan() {
  std::set<uint64_t> seen;
  at_rest_before_ = std::exchange(at_rest_, {});
  std::vector<Found> all = FindNew(seen);
  for (Found& found : all) Claim(found, /*by_inode=*/true);
  for (Found& found : all)
    if (!found.taken) Claim(found, /*by_inode=*/false);
  for (Found& found : all) {
    if (found.taken) continue;
    if (files_.size() >= static_cast<size_t>(options_.max_files)) {
      intake_.CountError("too_many_files");
      ::close(found.file.fd);
      continue;
    }
    Begin(found);
  }
  FollowGone();
  for (Followed& f : files_)
    if (f.file != nullptr && !f.file->ended)
      f.file->moved = !seen.contains(f.file->mark().inode);
}

// Once, at the start: files that were renamed while nobody looked.
void FileTap::Follower::FindLost() {
  // A file that was deleted: nothing can continue it.
  for (const FileMark& mark : FollowMoved(known_))
    std::erase_if(known_,
                  [&mark](const FileMark& m) { return m.key == mark.key; });
}

std::vector<FileMark> FileTap::Follower::Marks() const {
  std::vector<FileMark> marks = known_;
  for (const Followed& f : files_)
    if (f.file != nullptr) marks.push_back(f.file->mark());
  return marks;
}

void FileTap::Follower::Save() {
  if (offsets_ == nullptr) return;
  const Saving::State state = saving_->state;
  if (state == Saving::kWaits) return;
  if (state == Saving::kSaved && offsets_->Save(to_save_).ok())
    saved_ = to_save_;
  saving_->state = Saving::kNone;
  to_save_ = WriteMarks(Marks());
  if (to_save_ == saved_) return;
  saving_->state = Saving::kWaits;
  sink_.SaveBehind([saving = saving_](bool saved) {
    saving->state = saved ? Saving::kSaved : Saving::kRefused;
  });
}

void FileTap::Follower::Run(const std::stop_token& stop) {
  if (offsets_ != nullptr) {
    saved_ = offsets_->Load();
    known_ = ReadMarks(saved_);
  }
  Scan();
  FindLost();
  absl::Time next_scan = absl::Now() + options_.scan;
  absl::Time next_save = absl::Now() + options_.save;
  while (!stop.stop_requested()) {
    bool more = false;
    // A step may append to the list.
    for (size_t i = 0; i < files_.size() && !stop.stop_requested(); ++i)
      if (files_[i].file != nullptr) more = Step(stop, files_[i]) || more;
    std::erase_if(files_, [](const Followed& f) { return f.file == nullptr; });
    const absl::Time now = absl::Now();
    if (now >= next_scan) {
      Scan();
      next_scan = now + options_.scan;
    }
    if (now >= next_save) {
      Save();
      next_save = now + options_.save;
    }
    if (more) continue;
    MutexLock lock(mutex_);
    wake_.wait_for(mutex_, stop, absl::ToChronoMilliseconds(options_.poll),
                   [] { return false; });
  }
}

FileTap::FileTap(FileTapOptions options, TapContext context)
    : options_(std::move(options)),
      follower_(std::make_unique<Follower>(options_, std::move(context))) {}
FileTap::~FileTap() { follower_->Stop(); }

absl::Status FileTap::Start() { return follower_->Start(); }

void FileTap::Stop(absl::Duration) { follower_->Stop(); }

TapCounters FileTap::Counters() const { return follower_->Counters(); }

}  // namespace reasonwatch
