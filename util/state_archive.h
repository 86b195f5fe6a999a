// SPDX-License-Identifier: Apache-2.0
// Stored state to bytes and back, bit for bit, by one description of each type.
//
//   template <typename Archive>
//   void Describe(Archive& archive, Trials& t) {
//     archive.InRange("count", t.count, 0, kMaxTrials);
//     archive.InRange("failures", t.failures, 0, t.count);
//   }
//
// StateWriter, StateReader and StatePrinter walk the same description, so the
// three can't disagree. Describe() is found by its argument: a free function
// beside the type, or a friend of it. `Archive::kReads` is true for the reader
// alone, for the few steps that rebuild something from the fields that were
// read; with the other two, Describe() changes nothing.
//
// Bytes: the fields in their order, little-endian, without padding or names; a
// count of 4 bytes before a string, list or map; maps in the order of their
// keys, so that equal states are equal bytes.
//
// Hostile bytes: the reader never reads beyond its bytes. After a failure each
// further read gives zeros, an empty list or a lower bound, and ok() stays
// false. Every list and map has a limit, every number that is used as an index,
// a count or a time has a range. Seal() ends a blob with a digest, so that a
// flipped bit is an error and not a strange reference.
//
// A version belongs to a type. A type that has never changed is at version 1
// and says nothing of it. To change one, raise its version and read both:
//
//   const int version = archive.Version("trials", 2);
//   archive.Field("count", t.count);
//   if (version >= 2) archive.Field("pending", t.pending);
//
// A blob that holds a type beyond version 1 begins with the versions of all
// such types; StateWriter::versioned() says so, and the owner of the blob notes
// it beside the bytes (StateBlob::version) and calls
// StateReader::ReadVersions(). So one type can change while all others in the
// same blob, an imported reference among them, are read as before.
#ifndef REASONWATCH_UTIL_STATE_ARCHIVE_H_
#define REASONWATCH_UTIL_STATE_ARCHIVE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "util/strings.h"

namespace reasonwatch {

// Counts and times (ns since 1970, until 2116) beyond this are not of this
// world; differences below it can't overflow.
inline constexpr int64_t kMaxStored = (int64_t{1} << 62) - 1;

// Stored as its own bytes: a number, a bool, an enum, an array of those.
template <typename T>
struct IsPlain : std::bool_constant<std::is_arithmetic_v<T> ||  //
                                    std::is_enum_v<T>> {};
template <typename T, size_t N>
struct IsPlain<std::array<T, N>> : IsPlain<T> {};

template <typename T>
struct IsPlainVector : std::false_type {};
template <typename T>
struct IsPlainVector<std::vector<T>> : IsPlain<T> {};

template <typename T>
struct IsArray : std::false_type {};
template <typename T, size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};

// The walk through a description, which the three archives have in common.
// `Self` has Plain(), Text(), PlainVector(), Count(), Open() and Close().
template <typename Self, bool kReading>
class StateArchive {
 public:
  static constexpr bool kReads = kReading;

  // One field: a number, bool, enum, string, time, an array, a vector of
  // numbers, or a type that has a Describe(). A time keeps its nanoseconds and
  // the infinite past.
  template <typename T>
  void Field(std::string_view name, T& field) {
    using Value = std::remove_const_t<T>;
    static_assert(!kReading || !std::is_const_v<T>);
    auto& value = const_cast<Value&>(field);
    if constexpr (IsPlain<Value>::value) {
      self().Plain(name, value);
    } else if constexpr (std::is_same_v<Value, std::string>) {
      self().Text(name, value);
    } else if constexpr (std::is_same_v<Value, absl::Time>) {
      Time(name, value);
    } else if constexpr (IsPlainVector<Value>::value) {
      self().PlainVector(name, value);
    } else if constexpr (IsArray<Value>::value) {
      self().Open(name);
      for (auto& element : value) Field("", element);
      self().Close();
    } else {
      self().Open(name);
      Describe(self(), value);
      self().Close();
    }
  }

  // An array with one element for each entry of a list of this build's that
  // grows at its end, such as the readings. The version of the list `kind` is 1
  // while it has `first` entries, and one more with each entry. Entries that a
  // state does not know keep their value.
  template <typename T, size_t N>
  void Growing(std::string_view name, std::string_view kind, size_t first,
               std::array<T, N>& values) {
    const size_t known = first - 1 +
                         static_cast<size_t>(self().Version(
                             kind, static_cast<int32_t>(N - first + 1)));
    self().Open(name);
    for (size_t i = 0; i < std::min(known, N); ++i) Field("", values[i]);
    self().Close();
  }

  // A number of [low, high]; the reader fails on another.
  template <typename T>
  void InRange(std::string_view name, T& value, std::type_identity_t<T> low,
               std::type_identity_t<T> high) {
    self().Plain(name, value);
    if constexpr (kReading) {
      Require(value >= low && value <= high);
      if (!self().ok()) value = low;
    }
  }

  // A size as 8 bytes, whatever size_t is.
  void Size(std::string_view name, size_t& size) {
    uint64_t wide = size;
    self().Plain(name, wide);
    if constexpr (kReading) size = wide;
  }

  // A vector or deque of at most `limit` elements, each a field.
  template <typename Sequence>
  void List(std::string_view name, Sequence& list, uint32_t limit) {
    ListWith(name, list, limit,
             [this](auto& element) { this->Field("", element); });
  }

  // The same, with each element described by `each(element)`.
  template <typename Sequence, typename Visit>
  void ListWith(std::string_view name, Sequence& list, uint32_t limit,
                Visit each) {
    auto count = static_cast<uint32_t>(list.size());
    self().Count(name, count, limit);
    if constexpr (kReading) {
      list.clear();
      for (uint32_t i = 0; i < count && self().ok(); ++i)
        each(list.emplace_back());
    } else {
      for (auto& element : list) each(element);
    }
    self().Close();
  }

  // A map of at most `limit` entries, in the order of their keys.
  template <typename Container>
  void Map(std::string_view name, Container& map, uint32_t limit) {
    MapWith(name, map, limit,
            [this](const auto&, auto& value) { this->Field("value", value); });
  }

  // The same, with each value described by `each(key, value)`.
  template <typename Container, typename Visit>
  void MapWith(std::string_view name, Container& map, uint32_t limit,
               Visit each) {
    using Key = typename Container::key_type;
    auto count = static_cast<uint32_t>(map.size());
    self().Count(name, count, limit);
    if constexpr (kReading) {
      map.clear();
      for (uint32_t i = 0; i < count && self().ok(); ++i) {
        Key key{};
        Field("key", key);
        each(key, map[key]);
      }
    } else {
      std::vector<std::pair<Key, typename Container::mapped_type*>> sorted;
      sorted.reserve(map.size());
      for (auto& [key, value] : map) sorted.emplace_back(key, &value);
      std::sort(sorted.begin(), sorted.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
      for (auto& [key, value] : sorted) {
        Field("key", key);
        each(key, *value);
      }
    }
    self().Close();
  }

  // A pointer's object, or that it has none.
  template <typename T>
  void Optional(std::string_view name, std::unique_ptr<T>& pointer) {
    bool present = pointer != nullptr;
    self().Plain(name, present);
    if constexpr (kReading) pointer.reset();
    if (!present) return;
    if constexpr (kReading) pointer = std::make_unique<T>();
    Field(name, *pointer);
  }

  // Entries that belong to the rows of a table, each under its row's name.
  // `present(row)`: this row has an entry. `entry(row)` describes it; when
  // reading, a name that this build's table has not comes as row `rows`, and
  // its entry is read over. At most `limit` entries.
  template <typename NameOfRow, typename Present, typename Entry>
  void Rows(std::string_view name, uint32_t limit, size_t rows,
            NameOfRow name_of_row, Present present, Entry entry) {
    uint32_t count = 0;
    if constexpr (!kReading)
      for (size_t row = 0; row < rows; ++row) count += present(row);
    self().Count(name, count, limit);
    if constexpr (kReading) {
      for (uint32_t i = 0; i < count && self().ok(); ++i) {
        std::string row_name;
        self().Text("name", row_name);
        size_t row = 0;
        while (row < rows && name_of_row(row) != row_name) ++row;
        entry(row);
      }
    } else {
      for (size_t row = 0; row < rows; ++row) {
        if (!present(row)) continue;
        std::string row_name(name_of_row(row));
        self().Text("name", row_name);
        entry(row);
      }
    }
    self().Close();
  }

  // A condition on the fields that were read; the reader fails if it does not
  // hold.
  void Require(bool condition) {
    if constexpr (kReading)
      if (!condition) self().Fail();
  }

 protected:
  using Versions = std::map<std::string, int32_t, std::less<>>;  // by type

 private:
  Self& self() { return static_cast<Self&>(*this); }

  void Time(std::string_view name, absl::Time& time) {
    int64_t nanos = kReading ? 0 : absl::ToUnixNanos(time);
    self().Plain(name, nanos);
    if constexpr (kReading)
      time = nanos == std::numeric_limits<int64_t>::min()
                 ? absl::InfinitePast()
                 : absl::FromUnixNanos(nanos);
  }
};

class StateWriter : public StateArchive<StateWriter, false> {
 public:
  // The version that Describe() is to write: always the current one.
  int32_t Version(std::string_view type, int32_t current) {
    if (current > 1 && versions_.find(type) == versions_.end())
      versions_.emplace(type, current);
    return current;
  }
  // A type beyond version 1 was written.
  bool versioned() const { return !versions_.empty(); }
  // The bytes, once: the versions if there are any, then the fields.
  std::string Finish() {
    if (versions_.empty()) return std::move(bytes_);
    StateWriter header;
    header.Map("versions", versions_, static_cast<uint32_t>(versions_.size()));
    return header.Finish() + bytes_;
  }

  template <typename T>
  void Plain(std::string_view, const T& value) {
    static_assert(IsPlain<T>::value);
    Append(&value, sizeof(T));
  }
  void Text(std::string_view, std::string_view text) {
    Plain("", static_cast<uint32_t>(text.size()));
    bytes_.append(text);
  }
  template <typename T>
  void PlainVector(std::string_view, const std::vector<T>& v) {
    Plain("", static_cast<uint32_t>(v.size()));
    if (!v.empty()) Append(v.data(), v.size() * sizeof(T));
  }
  void Count(std::string_view, uint32_t count, uint32_t) { Plain("", count); }
  void Open(std::string_view) {}
  void Close() {}

 private:
  void Append(const void* bytes, size_t size) {
    bytes_.append(static_cast<const char*>(bytes), size);
  }

  std::string bytes_;
  Versions versions_;
};

class StateReader : public StateArchive<StateReader, true> {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}

  // First of all, if the blob is a versioned one.
  void ReadVersions() { Map("versions", versions_, kMaxVersions); }
  // The version that the type was written with. One that this build does not
  // know is a failure.
  int32_t Version(std::string_view type, int32_t current) {
    const auto it = versions_.find(type);
    if (it == versions_.end()) return 1;
    Require(it->second >= 1 && it->second <= current);
    return ok_ ? it->second : current;
  }

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && at_ == bytes_.size(); }
  void Fail() { ok_ = false; }

  template <typename T>
  void Plain(std::string_view, T& value) {
    static_assert(IsPlain<T>::value);
    if constexpr (std::is_same_v<T, bool>) {
      uint8_t byte = 0;
      Read(&byte, 1);
      if (byte > 1) ok_ = false;
      value = byte == 1;
    } else {
      T read{};
      Read(&read, sizeof(T));
      value = read;
    }
  }
  void Text(std::string_view, std::string& text) {
    uint32_t size = 0;
    Plain("", size);
    text.clear();
    if (!Available(size, 1)) return;
    text.assign(bytes_.substr(at_, size));
    at_ += size;
  }
  template <typename T>
  void PlainVector(std::string_view, std::vector<T>& v) {
    uint32_t size = 0;
    Plain("", size);
    v.clear();
    if (!Available(size, sizeof(T))) return;
    v.resize(size);
    if (size > 0) Read(v.data(), size * sizeof(T));
  }
  void Count(std::string_view, uint32_t& count, uint32_t limit) {
    Plain("", count);
    if (count > limit) ok_ = false;
    if (!ok_) count = 0;
  }
  void Open(std::string_view) {}
  void Close() {}

 private:
  // A blob has a few dozen types.
  static constexpr uint32_t kMaxVersions = 256;

  bool Available(size_t count, size_t size) {
    if (!ok_ || count > (bytes_.size() - at_) / size) ok_ = false;
    return ok_;
  }
  void Read(void* to, size_t size) {
    if (!Available(size, 1)) return;
    std::memcpy(to, bytes_.data() + at_, size);
    at_ += size;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
  Versions versions_;
};

// A line a field, for a reader of a state or of a difference between two. Long
// vectors are given by their size and a digest.
class StatePrinter : public StateArchive<StatePrinter, false> {
 public:
  int32_t Version(std::string_view type, int32_t current) {
    Line("version", std::to_string(current).append(" of ").append(type));
    return current;
  }
  const std::string& text() const { return text_; }

  template <typename T>
  void Plain(std::string_view name, const T& value) {
    Line(name, Shown(value));
  }
  void Text(std::string_view name, std::string_view text) {
    Line(name, "\"" + absl::CEscape({text.data(), text.size()}) + "\"");
  }
  template <typename T>
  void PlainVector(std::string_view name, const std::vector<T>& v) {
    constexpr size_t kShown = 16;  // of a printed vector
    if (v.size() > kShown) {
      const std::string_view bytes(reinterpret_cast<const char*>(v.data()),
                                   v.size() * sizeof(T));
      return Line(name, absl::StrCat(v.size(), " values, digest ",
                                     absl::Hex(StableHash(bytes))));
    }
    std::string shown;
    for (const T& value : v)
      absl::StrAppend(&shown, shown.empty() ? "" : " ", Shown(value));
    Line(name, shown);
  }
  void Count(std::string_view name, uint32_t count, uint32_t) {
    Line(name, absl::StrCat(count, " entries"));
    ++depth_;
  }
  void Open(std::string_view name) {
    Line(name, "");
    ++depth_;
  }
  void Close() { --depth_; }

 private:
  template <typename T>
  static std::string Shown(const T& value) {
    if constexpr (IsArray<T>::value) {
      std::string shown;
      for (const auto& element : value)
        absl::StrAppend(&shown, shown.empty() ? "" : " ", Shown(element));
      return shown;
    } else if constexpr (std::is_enum_v<T>) {
      return absl::StrCat(static_cast<int64_t>(value));
    } else if constexpr (sizeof(T) == 1) {
      return absl::StrCat(static_cast<int>(value));
    } else {
      return absl::StrCat(value);
    }
  }
  void Line(std::string_view name, std::string_view value) {
    text_.append(2 * static_cast<size_t>(depth_), ' ');
    text_.append(name.empty() ? "-" : name);
    if (!value.empty()) text_.append(" ").append(value);
    text_.append("\n");
  }

  std::string text_;
  int depth_ = 0;
};

// The three instances of a Describe() that is defined in a .cc file.
// NOLINTBEGIN(bugprone-macro-parentheses): the argument is a type.
#define REASONWATCH_DESCRIBE(Type)             \
  template void Describe(StateWriter&, Type&); \
  template void Describe(StateReader&, Type&); \
  template void Describe(StatePrinter&, Type&)
// NOLINTEND(bugprone-macro-parentheses)

inline std::string Seal(const std::string& bytes) {
  StateWriter digest;
  digest.Plain("", StableHash(bytes));
  return bytes + digest.Finish();
}

// The bytes that were sealed; false if they are not those.
inline bool Unseal(std::string_view& bytes) {
  if (bytes.size() < sizeof(uint64_t)) return false;
  const size_t size = bytes.size() - sizeof(uint64_t);
  StateReader digest(bytes.substr(size));
  bytes = bytes.substr(0, size);
  uint64_t sealed = 0;
  digest.Plain("", sealed);
  return sealed == StableHash(bytes);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_STATE_ARCHIVE_H_
