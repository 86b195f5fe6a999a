// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/output_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace reasonwatch {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() {
    std::string name = testing::TempDir() + "/outputXXXXXX";
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
    path_ = folder_ + "/out";
  }
  ~OutputFileTest() override { fs::remove_all(folder_); }

  void Put(const std::string& text) { std::ofstream(path_) << text; }
  std::string Text() const {
    std::ifstream in(path_);
    return {std::istreambuf_iterator<char>(in),
            std::istreambuf_iterator<char>()};
  }
  int Files() const {
    return static_cast<int>(std::distance(fs::directory_iterator(folder_),
                                          fs::directory_iterator()));
  }

  std::string folder_;
  std::string path_;
};

TEST_F(OutputFileTest, AppearsWholeAtCommit) {
  OutputFile out(path_);
  ASSERT_TRUE(out.status().ok());
  out.stream() << "new\n";
  EXPECT_FALSE(fs::exists(path_));
  ASSERT_TRUE(out.Commit().ok());
  EXPECT_EQ(Text(), "new\n");
  EXPECT_EQ(Files(), 1);
}

TEST_F(OutputFileTest, LeavesAnExistingFileWithoutCommit) {
  Put("old\n");
  {
    OutputFile out(path_);
    out.stream() << "half";
  }
  EXPECT_EQ(Text(), "old\n");
  EXPECT_EQ(Files(), 1);
}

TEST_F(OutputFileTest, KeepsPermissionsAndLinks) {
  Put("old\n");
  fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
  const std::string target = path_;
  path_ = folder_ + "/link";
  fs::create_symlink(target, path_);
  OutputFile out(path_);
  out.stream() << "new\n";
  ASSERT_TRUE(out.Commit().ok());
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(Text(), "new\n");
  EXPECT_EQ(fs::status(target).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(OutputFileTest, WritesToADeviceDirectlyAndReportsWhatIsNotTaken) {
  OutputFile null("/dev/null");
  null.stream() << "gone\n";
  EXPECT_TRUE(null.Commit().ok());
  OutputFile full("/dev/full");
  full.stream() << "lost\n";
  EXPECT_TRUE(absl::IsInternal(full.Commit()));
  EXPECT_TRUE(absl::IsInternal(OutputFile(folder_ + "/none/out").status()));
}

}  // namespace
}  // namespace reasonwatch
