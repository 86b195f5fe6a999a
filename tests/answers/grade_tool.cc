// SPDX-License-Identifier: Apache-2.0
// Grades a file without the rest of the daemon: --in FILE --out FILE.
#include <fstream>
#include <iostream>
#include <string_view>

#include "daemon/recordings/grade_lines.h"

int main(int argc, char** argv) {
  std::string_view in, out;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--in") in = argv[i + 1];
    if (std::string_view(argv[i]) == "--out") out = argv[i + 1];
  }
  std::ifstream source{std::string(in)};
  std::ofstream sink{std::string(out)};
  reasonwatch::GradeCounts counts;
  const absl::Status status =
      reasonwatch::RunGrade(source, sink, std::cerr, &counts);
  if (status.ok()) return 0;
  std::cerr << status << '\n';
  return 1;
}
