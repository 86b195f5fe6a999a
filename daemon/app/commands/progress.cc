// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/progress.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "util/grouped.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr absl::Duration kQuiet = absl::Seconds(1);  // shorter work shows none
constexpr absl::Duration kBetween = absl::Milliseconds(100);
constexpr int64_t kCells = 25;  // of the bar, so that a line fits 80 columns
// Small enough for a grader's lines, each of which may take a second.
constexpr size_t kPiece = size_t{1} << 12;
constexpr char kClearLine[] = "\r\x1b[K";

volatile std::sig_atomic_t g_interrupted = 0;

using Handler = void (*)(int);
Handler g_old_int = SIG_DFL;
Handler g_old_term = SIG_DFL;

void Interrupt(int signal) {
  g_interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptScope::InterruptScope() {
  g_interrupted = 0;
  g_old_int = std::signal(SIGINT, Interrupt);
  g_old_term = std::signal(SIGTERM, Interrupt);
}

InterruptScope::~InterruptScope() {
  std::signal(SIGINT, g_old_int);
  std::signal(SIGTERM, g_old_term);
}

bool Interrupted() { return g_interrupted != 0; }

int64_t LinesOf(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return 0;
  std::ifstream in(path, std::ios::binary);
  return std::count(std::istreambuf_iterator<char>(in), {}, '\n');
}

std::string CountText(std::string_view things, int64_t done, int64_t total) {
  return total > 0 ? absl::StrCat(Grouped(done), " of ", Grouped(total), " ",
                                  AbslView(things))
                   : absl::StrCat(Grouped(done), " ", AbslView(things));
}

std::string BarText(std::string_view things, int64_t done, int64_t total) {
  const std::string count = CountText(things, done, total);
  if (total <= 0) return count;
  const auto filled =
      static_cast<size_t>(kCells * std::clamp<int64_t>(done, 0, total) / total);
  return absl::StrCat("[", std::string(filled, '#'),
                      std::string(kCells - filled, '.'), "] ", count);
}

Progress::Progress(std::ostream& messages, bool on)
    : messages_(messages),
      visible_(on && ::isatty(STDERR_FILENO) == 1),
      began_(absl::Now()) {}

Progress::~Progress() { Clear(); }

absl::Status Progress::Show(std::string_view things, int64_t done,
                            int64_t total) {
  if (Interrupted()) {
    Clear();
    return absl::CancelledError(
        absl::StrCat("interrupted after ", CountText(things, done, total)));
  }
  if (!visible_) return absl::OkStatus();
  const absl::Time now = absl::Now();
  if (now - began_ < kQuiet || now - drawn_ < kBetween) return absl::OkStatus();
  drawn_ = now;
  shown_ = true;
  messages_ << kClearLine << BarText(things, done, total) << std::flush;
  return absl::OkStatus();
}

void Progress::Clear() {
  if (!shown_) return;
  messages_ << kClearLine << std::flush;
  shown_ = false;
}

LineMeter::LineMeter(std::streambuf& from, int64_t total, Progress& progress)
    : from_(from), total_(total), progress_(progress), piece_(kPiece) {}

// The rest of the line that an interrupt would cut: half a line is a bad one.
std::streamsize LineMeter::ReadToLineEnd() {
  if (!in_line_) return 0;
  piece_.clear();
  for (auto c = from_.sbumpc(); c != traits_type::eof(); c = from_.sbumpc()) {
    piece_.push_back(traits_type::to_char_type(c));
    if (piece_.back() == '\n') break;
  }
  return static_cast<std::streamsize>(piece_.size());
}

LineMeter::int_type LineMeter::underflow() {
  if (!status_.ok()) return traits_type::eof();
  // The lines before this piece have been worked on.
  status_ = progress_.Show("lines", lines_, total_);
  std::streamsize read = 0;
  if (status_.ok())
    read =
        from_.sgetn(piece_.data(), static_cast<std::streamsize>(piece_.size()));
  else
    read = ReadToLineEnd();
  if (read <= 0) return traits_type::eof();
  in_line_ = piece_[static_cast<size_t>(read) - 1] != '\n';
  lines_ += std::count(piece_.begin(), piece_.begin() + read, '\n');
  setg(piece_.data(), piece_.data(), piece_.data() + read);
  return traits_type::to_int_type(piece_[0]);
}

}  // namespace reasonwatch
