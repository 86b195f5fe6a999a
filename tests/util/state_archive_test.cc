// SPDX-License-Identifier: Apache-2.0
// Made-up types go through the three archives: every kind of field, the layout
// of the bytes, hostile bytes, tables that have changed, versions of types,
// seals.
#include "util/state_archive.h"

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

enum class Colour : uint8_t { kRed, kBlue };

struct Trial {
  int32_t count = 0;
  int32_t failures = 0;
  template <typename Archive>
  friend void Describe(Archive& archive, Trial& t) {
    archive.InRange("count", t.count, 0, 100);
    archive.InRange("failures", t.failures, 0, t.count);
  }
};

// Every kind of field that an archive knows.
struct Everything {
  int64_t number = -5;
  Colour colour = Colour::kBlue;
  bool yes = true;
  std::string text = "abc";
  std::vector<float> values = {1, 2};
  std::array<Trial, 2> pair = {{{3, 1}, {4, 2}}};
  std::deque<Trial> list = {{7, 7}};
  absl::flat_hash_map<uint64_t, Trial> map = {{9, {1, 0}}, {2, {1, 1}}};
  std::unique_ptr<Trial> some = std::make_unique<Trial>(Trial{5, 0});
  std::unique_ptr<Trial> none;
  size_t size = 42;
  absl::Time past = absl::InfinitePast();
  absl::Time then = absl::FromUnixSeconds(1700000000);
  template <typename Archive>
  friend void Describe(Archive& archive, Everything& e) {
    archive.Field("number", e.number);
    archive.Field("colour", e.colour);
    archive.Field("yes", e.yes);
    archive.Field("text", e.text);
    archive.Field("values", e.values);
    archive.Field("pair", e.pair);
    archive.List("list", e.list, 10);
    archive.Map("map", e.map, 10);
    archive.Optional("some", e.some);
    archive.Optional("none", e.none);
    archive.Size("size", e.size);
    archive.Field("past", e.past);
    archive.Field("then", e.then);
  }
};

template <typename T>
std::string BytesOf(const T& value) {
  StateWriter out;
  out.Field("state", value);
  return out.Finish();
}

template <typename T>
std::string TextOf(const T& value) {
  StatePrinter out;
  out.Field("state", value);
  return out.text();
}

TEST(StateArchive, ReadsBackEveryKindOfFieldAndNeverBeyondItsBytes) {
  const Everything written;
  const std::string bytes = BytesOf(written);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    Everything read;
    read.number = 0;
    read.list.clear();
    StateReader in(std::string_view(bytes).substr(0, cut));
    in.Field("state", read);
    EXPECT_EQ(in.AtEnd(), cut == bytes.size()) << cut;
    if (cut < bytes.size()) continue;
    EXPECT_EQ(TextOf(read), TextOf(written));
    EXPECT_EQ(BytesOf(read), bytes);
    EXPECT_EQ(read.past, absl::InfinitePast());
  }
}

TEST(StateArchive, PutsFieldsInTheirOrderWithoutPaddingAndMapsByKey) {
  std::map<uint16_t, uint8_t> ordered = {{1, 10}, {2, 20}};
  StateWriter out;
  out.Map("map", ordered, 9);
  out.Text("text", "hi");
  EXPECT_EQ(out.Finish(), std::string_view("\2\0\0\0"
                                           "\1\0\12"
                                           "\2\0\24"
                                           "\2\0\0\0hi",
                                           16));
  absl::flat_hash_map<int, int> hashed;
  for (int i = 0; i < 100; ++i) hashed[99 - i] = i;
  const std::map<int, int> sorted(hashed.begin(), hashed.end());
  StateWriter a;
  StateWriter b;
  a.Map("map", hashed, 100);
  auto copy = sorted;
  b.Map("map", copy, 100);
  EXPECT_EQ(a.Finish(), b.Finish());
}

TEST(StateArchive, RefusesWhatIsOutOfBounds) {
  const auto fails = [](const std::string& bytes, auto read) {
    StateReader in(bytes);
    read(in);
    return !in.ok();
  };
  EXPECT_TRUE(fails(BytesOf(Trial{101, 0}), [](StateReader& in) {
    Trial t;
    in.Field("trial", t);
    EXPECT_EQ(t.count, 0);
  }));
  EXPECT_TRUE(fails(BytesOf(Trial{3, 4}), [](StateReader& in) {
    Trial t;
    in.Field("trial", t);
  }));
  EXPECT_TRUE(fails("\2", [](StateReader& in) {
    bool b = true;
    in.Field("bool", b);
    EXPECT_FALSE(b);
  }));
  // Lists and maps over their limit, and a count with nothing behind it.
  for (const uint32_t count : {11u, ~0u}) {
    StateWriter out;
    out.Plain("count", count);
    const std::string bytes = out.Finish();
    EXPECT_TRUE(fails(bytes, [](StateReader& in) {
      std::deque<Trial> list;
      in.List("list", list, 10);
      EXPECT_TRUE(list.empty());
    }));
    EXPECT_TRUE(fails(bytes, [](StateReader& in) {
      std::vector<uint64_t> v;
      in.Field("vector", v);
      EXPECT_TRUE(v.empty());
    }));
    EXPECT_TRUE(fails(bytes, [](StateReader& in) {
      std::string text;
      in.Field("text", text);
    }));
  }
}

// A table of rows whose entries are stored under the rows' names.
struct Table {
  std::vector<std::string> names;
  std::vector<Trial> trials;
  template <typename Archive>
  friend void Describe(Archive& archive, Table& t) {
    archive.Rows(
        "rows", 10, t.names.size(), [&](size_t row) { return t.names[row]; },
        [&](size_t row) { return t.trials[row].count > 0; },
        [&](size_t row) {
          Trial unknown;
          archive.Field("trial",
                        row < t.names.size() ? t.trials[row] : unknown);
        });
  }
};

TEST(StateArchive, RowsAreFoundByNameInAnotherBuildsTable) {
  const Table old = {{"a", "b", "c"}, {{1, 1}, {0, 0}, {3, 1}}};
  const std::string bytes = BytesOf(old);
  Table now = {{"new", "c", "b"}, {{}, {}, {}}};
  StateReader in(bytes);
  in.Field("table", now);
  ASSERT_TRUE(in.AtEnd());
  EXPECT_EQ(now.trials[0].count, 0);
  EXPECT_EQ(now.trials[1].count, 3);
  EXPECT_EQ(now.trials[2].count, 0);
}

// A type as it was, and as it is since version 2; beside one that never
// changed.
struct Old {
  int32_t count = 1;
  Trial trial = {2, 1};
  template <typename Archive>
  friend void Describe(Archive& archive, Old& o) {
    archive.Version("counter", 1);
    archive.Field("count", o.count);
    archive.Field("trial", o.trial);
  }
};
struct New {
  int32_t count = 1;
  std::string pending = "none";
  Trial trial = {2, 1};
  template <typename Archive>
  friend void Describe(Archive& archive, New& n) {
    const int32_t version = archive.Version("counter", 2);
    archive.Field("count", n.count);
    if (version >= 2) archive.Field("pending", n.pending);
    archive.Field("trial", n.trial);
  }
};

TEST(StateArchive, ATypeThatHasChangedReadsWhatItOnceWrote) {
  StateWriter before;
  const Old old{.count = 7};
  before.Field("state", old);
  EXPECT_FALSE(before.versioned());
  const std::string old_bytes = before.Finish();
  New read;
  StateReader in(old_bytes);
  in.Field("state", read);
  ASSERT_TRUE(in.AtEnd());
  EXPECT_EQ(read.count, 7);
  EXPECT_EQ(read.pending, "none");

  read.pending = "some";
  StateWriter after;
  after.Field("state", read);
  ASSERT_TRUE(after.versioned());
  const std::string new_bytes = after.Finish();
  New again;
  StateReader versioned(new_bytes);
  versioned.ReadVersions();
  versioned.Field("state", again);
  ASSERT_TRUE(versioned.AtEnd());
  EXPECT_EQ(again.pending, "some");
  // The older build does not take it for its own.
  Old refused;
  StateReader older(new_bytes);
  older.ReadVersions();
  older.Field("state", refused);
  EXPECT_FALSE(older.ok());
}

template <size_t N>
struct Growing {
  std::array<float, N> values{};
  template <typename Archive>
  friend void Describe(Archive& archive, Growing& g) {
    archive.Growing("values", "readings", 2, g.values);
  }
};

TEST(StateArchive, AListThatHasGrownReadsTheShorterOne) {
  const Growing<2> two{{1, 2}};
  StateWriter out;
  out.Field("state", two);
  EXPECT_FALSE(out.versioned());
  const std::string bytes = out.Finish();
  Growing<4> four{{0, 0, 3, 4}};
  StateReader in(bytes);
  in.Field("state", four);
  ASSERT_TRUE(in.AtEnd());
  EXPECT_EQ(four.values, (std::array<float, 4>{1, 2, 3, 4}));

  StateWriter longer;
  longer.Field("state", four);
  ASSERT_TRUE(longer.versioned());
  const std::string four_bytes = longer.Finish();
  Growing<4> back;
  StateReader versioned(four_bytes);
  versioned.ReadVersions();
  versioned.Field("state", back);
  ASSERT_TRUE(versioned.AtEnd());
  EXPECT_EQ(back.values, four.values);
}

TEST(StateArchive, ThePrinterNamesEveryField) {
  const std::string text = TextOf(Everything());
  for (const char* line :
       {"number -5\n", "colour 1\n", "text \"abc\"\n", "values 1 2\n",
        "map 2 entries\n", "failures 7\n", "none 0\n", "size 42\n"})
    EXPECT_TRUE(text.find(line) != std::string::npos) << line << "in\n" << text;
  StatePrinter out;
  const std::vector<int> many(100, 3);
  out.Field("long", many);
  EXPECT_TRUE(out.text().find("long 100 values, digest ") != std::string::npos);
}

TEST(StateArchive, AnyFlippedBitBreaksTheSeal) {
  const std::string sealed = Seal("some state");
  std::string_view whole = sealed;
  ASSERT_TRUE(Unseal(whole));
  EXPECT_EQ(whole, "some state");
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string broken = sealed;
    broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << bit % 8));
    std::string_view view = broken;
    EXPECT_FALSE(Unseal(view)) << bit;
  }
  std::string_view none;
  EXPECT_FALSE(Unseal(none));
}

}  // namespace
}  // namespace reasonwatch
