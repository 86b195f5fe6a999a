// SPDX-License-Identifier: Apache-2.0
// A new kind of prompts with answers of its own is no change of the model, and
// hides none.
#include <string>
#include <vector>

#include "detectors/model_watch.h"
#include "gtest/gtest.h"
#include "tests/detectors/language.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::Draw;
using testing::Language;

// A stream whose usual prompts get answers of a thousand tokens, and whose new
// client, from `news` on with a third of the traffic, gets `short_answer` ones.
class Traffic {
 public:
  explicit Traffic(uint64_t seed)
      : draw_(seed), usual_(draw_), other_(draw_), watch_("model", {}) {
    for (int i = 0; i < 800; ++i)
      watch_.LearnImported(Make(usual_, /*median=*/1000));
    watch_.FinishImport();
  }
  // Opened findings of so many responses.
  std::vector<Finding> Live(int responses, double news, double median,
                            double short_answer = 20) {
    std::vector<Finding> opened;
    for (int i = 0; i < responses; ++i) {
      const bool is_new = draw_.Chance(news);
      for (Finding& f : watch_.Observe(is_new ? Make(other_, short_answer)
                                              : Make(usual_, median)))
        if (f.event == FindingEvent::kOpened) opened.push_back(std::move(f));
    }
    return opened;
  }
  const ModelWatch& watch() const { return watch_; }

 private:
  Scored Make(const Language& language, double median) {
    Scored s = testing::WithLength(index_++, median, draw_);
    s.prompt_terms = language.Prompt(draw_);
    return s;
  }

  Draw draw_;
  const Language usual_;
  const Language other_;
  ModelWatch watch_;
  int64_t index_ = 0;
};

TEST(NewPromptsTest, ANewClientWithShortAnswersIsNoCollapse) {
  int alarms = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Traffic traffic(seed);
    EXPECT_TRUE(traffic.Live(300, 0, 1000).empty()) << "seed " << seed;
    alarms += !traffic.Live(1500, .3, 1000).empty();
  }
  EXPECT_LE(alarms, 1);
}

TEST(NewPromptsTest, ACollapseThatComesWithThemIsFoundOnTheOthers) {
  for (uint64_t seed = 11; seed <= 16; ++seed) {
    Traffic traffic(seed);
    traffic.Live(300, 0, 1000);
    // Lengths to a third: nine responses suffice without the new client.
    const std::vector<Finding> found = traffic.Live(120, .3, 330, 1000);
    ASSERT_FALSE(found.empty()) << "seed " << seed;
    EXPECT_EQ(found.front().signal, Signal::kLengthCollapse);
  }
}

TEST(NewPromptsTest, ACollapseOfTheNewKindIsFoundOnceItIsLearnt) {
  for (uint64_t seed = 21; seed <= 24; ++seed) {
    Traffic traffic(seed);
    traffic.Live(2500, .4, 1000, 300);
    ASSERT_FALSE(traffic.watch().AnyOpen()) << "seed " << seed;
    EXPECT_FALSE(traffic.Live(400, .4, 1000, 30).empty()) << "seed " << seed;
  }
}

TEST(NewPromptsTest, TheNoticeAndTheCauseNameThem) {
  Traffic traffic(31);
  traffic.Live(300, 0, 1000);
  const std::vector<Finding> found = traffic.Live(250, .3, 330);
  const std::vector<StreamSnapshot> streams =
      traffic.watch().Snapshot(testing::At(3000).start);
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_TRUE(streams[0].new_prompts.notice);
  EXPECT_NEAR(streams[0].new_prompts.share, .3, .15);
  ASSERT_FALSE(found.empty());
}

}  // namespace
}  // namespace reasonwatch
