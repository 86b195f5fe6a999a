// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/recording_source.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "util/input_file.h"
#include "util/status_macros.h"

namespace reasonwatch {

namespace {

// Calls `take` with each usable row, which it may move from.
// `model`: of rows that name none.
absl::Status ForEachRow(const std::string& path, RecordFormat format,
                        const std::string& model,
                        const std::function<absl::Status(Response&)>& take,
                        const BadLine& bad_line) {
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(path));
  RecordReader reader(format, model);
  std::string line;
  std::vector<Response> rows;
  std::vector<std::string> errors;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    rows.clear();
    errors.clear();
    reader.Read(line, rows, errors);
    for (const std::string& why : errors) bad_line(number, why);
    for (Response& row : rows) RW_RETURN_IF_ERROR(take(row));
  }
  if (in.bad())
    return absl::DataLossError(
        absl::StrFormat("can't read %s to its end", path));
  return absl::OkStatus();
}

}  // namespace

absl::Status RecordedRows::ForEach(const Visit& visit,
                                   const BadLine& /*bad_line*/) {
  for (const Response& row : rows_) RW_RETURN_IF_ERROR(visit(row));
  return absl::OkStatus();
}

RecordedFileSource::RecordedFileSource(std::string path, RecordFormat format,
                                       std::string model)
    : path_(std::move(path)), format_(format), model_(std::move(model)) {}

absl::Status RecordedFileSource::ForEach(const Visit& visit,
                                         const BadLine& bad_line) {
  return ForEachRow(
      path_, format_, model_,
      [&](Response& row) {
        if (!model_.empty()) row.model = model_;
        return visit(row);
      },
      bad_line);
}

absl::Status CountedSource::ForEach(const Visit& visit,
                                    const BadLine& bad_line) {
  if (on_rows_ == nullptr) return source_.ForEach(visit, bad_line);
  return source_.ForEach(
      [&](const Response& row) -> absl::Status {
        RW_RETURN_IF_ERROR(on_rows_(things_, done_++, 0));
        return visit(row);
      },
      bad_line);
}

absl::StatusOr<RecordedFile> ReadRecordedFile(const std::string& path,
                                              const BadLine& bad_line,
                                              RecordFormat format,
                                              const OnRows& on_rows,
                                              const std::string& model) {
  RecordedFile file;
  RW_RETURN_IF_ERROR(ForEachRow(
      path, format, model,
      [&](Response& row) -> absl::Status {
        file.rows.push_back(std::move(row));
        if (on_rows == nullptr) return absl::OkStatus();
        return on_rows("rows read", static_cast<int64_t>(file.rows.size()), 0);
      },
      [&](int64_t line, std::string_view why) {
        ++file.bad_lines;
        bad_line(line, why);
      }));
  if (file.rows.empty())
    return absl::InvalidArgumentError(
        absl::StrFormat("%s holds no usable row", path));
  return file;
}

}  // namespace reasonwatch
