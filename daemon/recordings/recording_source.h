// SPDX-License-Identifier: Apache-2.0
// Recorded responses, in memory or as a file of JSON lines.
#ifndef REASONWATCH_DAEMON_RECORDINGS_RECORDING_SOURCE_H_
#define REASONWATCH_DAEMON_RECORDINGS_RECORDING_SOURCE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/response.h"
#include "tap/jsonl/import.h"

namespace reasonwatch {

// Called with a bad line's number, from 1, and the reason. A line may hold
// several records: it is called for each bad one.
using BadLine = std::function<void(int64_t line, std::string_view why)>;

// Called with the number of `things` that are done, of `total` (0: not known).
// An error ends the work and is returned.
using OnRows = std::function<absl::Status(std::string_view things, int64_t done,
                                          int64_t total)>;

// Responses that can be read several times. Not thread-safe.
class RecordingSource {
 public:
  using Visit = std::function<absl::Status(const Response&)>;

  virtual ~RecordingSource() = default;
  // Visits every response from the first one. Bad lines are skipped. The first
  // error of `visit` or of the medium ends it and is returned.
  virtual absl::Status ForEach(const Visit& visit, const BadLine& bad_line) = 0;
};

// Responses in memory; `rows` must outlive it.
class RecordedRows : public RecordingSource {
 public:
  explicit RecordedRows(const std::vector<Response>& rows) : rows_(rows) {}
  absl::Status ForEach(const Visit& visit, const BadLine& bad_line) override;

 private:
  const std::vector<Response>& rows_;
};

// A file, of which one line at a time is in memory. NotFound if it can't be
// opened, DataLoss if it can't be read to its end.
class RecordedFileSource : public RecordingSource {
 public:
  // `model` replaces the recorded model unless it is empty.
  RecordedFileSource(std::string path, RecordFormat format,
                     std::string model = "");
  absl::Status ForEach(const Visit& visit, const BadLine& bad_line) override;

 private:
  const std::string path_;
  const RecordFormat format_;
  const std::string model_;
};

// Another source, whose visits are counted; both must outlive it. The count
// goes on from one reading to the next.
class CountedSource : public RecordingSource {
 public:
  CountedSource(RecordingSource& source, std::string things, OnRows on_rows)
      : source_(source),
        things_(std::move(things)),
        on_rows_(std::move(on_rows)) {}
  absl::Status ForEach(const Visit& visit, const BadLine& bad_line) override;

 private:
  RecordingSource& source_;
  const std::string things_;
  const OnRows on_rows_;  // may be null
  int64_t done_ = 0;
};

// The usable rows of a whole file.
struct RecordedFile {
  std::vector<Response> rows;
  int64_t bad_lines = 0;
};

// As RecordedFileSource, but `model` is that of rows that name none;
// InvalidArgument if the file holds no usable row.
absl::StatusOr<RecordedFile> ReadRecordedFile(
    const std::string& path, const BadLine& bad_line,
    RecordFormat format = RecordFormat::kReasonwatch,
    const OnRows& on_rows = nullptr, const std::string& model = "");

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_RECORDING_SOURCE_H_
