// SPDX-License-Identifier: Apache-2.0
// Runs `reasonwatch split` alone: split_tool split --in FILE --out FILE.
#include <fstream>
#include <iostream>
#include <string_view>

#include "daemon/recordings/split_lines.h"

int main(int argc, char** argv) {
  std::string_view in_path;
  std::string_view out_path;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--in") in_path = argv[i + 1];
    if (std::string_view(argv[i]) == "--out") out_path = argv[i + 1];
  }
  std::ifstream in{std::string(in_path)};
  std::ofstream out{std::string(out_path)};
  if (!in || !out) {
    std::cerr << "usage: split_tool split --in FILE --out FILE\n";
    return 2;
  }
  const absl::Status status = reasonwatch::RunSplit(
      [](const std::string&) { return reasonwatch::FormatPolicy(); }, in, out,
      std::cerr);
  if (!status.ok()) std::cerr << status << '\n';
  return status.ok() ? 0 : 1;
}
