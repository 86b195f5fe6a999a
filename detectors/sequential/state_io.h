// Detector state to bytes and back, bit for bit.
//
// Types that are put whole have no padding, so that equal states are equal
// bytes. Seal() ends a blob with a digest: a flipped bit is an error, not a
// strange reference.
// Little-endian, no alignment, no self-description: the owner writes a version
// first. A StateReader never reads beyond its bytes; once it has failed, every
// further read gives zeros and ok() stays false.
#ifndef REASONWATCH_DETECTORS_SEQUENTIAL_STATE_IO_H_
#define REASONWATCH_DETECTORS_SEQUENTIAL_STATE_IO_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/strings.h"

namespace reasonwatch {

class StateWriter {
 public:
  template <typename T>
  void Put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  void PutString(std::string_view s) {
    Put(static_cast<uint32_t>(s.size()));
    bytes_.append(s);
  }
  template <typename T>
  void PutVector(const std::vector<T>& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    Put(static_cast<uint32_t>(v.size()));
    if (v.empty()) return;
    const size_t at = bytes_.size();
    bytes_.resize(at + v.size() * sizeof(T));
    std::memcpy(bytes_.data() + at, v.data(), v.size() * sizeof(T));
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T Get() {
    if constexpr (std::is_same_v<T, bool>) {
      const auto byte = Get<uint8_t>();
      if (byte > 1) ok_ = false;
      return byte == 1;
    } else {
      T value{};
      Read(&value, sizeof(T));
      return value;
    }
  }
  template <typename T>
  void Get(T& value) {
    value = Get<T>();
  }
  // An integer of [low, high]; fails on another.
  template <typename T>
  void GetIn(T& value, T low, T high) {
    value = Get<T>();
    Require(value >= low && value <= high);
    if (!ok_) value = low;
  }
  std::string GetString() {
    const auto size = Get<uint32_t>();
    if (!Available(size, 1)) return "";
    std::string s(bytes_.substr(at_, size));
    at_ += size;
    return s;
  }
  template <typename T>
  void GetVector(std::vector<T>& v) {
    const auto size = Get<uint32_t>();
    v.clear();
    if (!Available(size, sizeof(T))) return;
    v.resize(size);
    if (size > 0) Read(v.data(), size * sizeof(T));
  }
  // A count that the caller will loop over: fails where it is over `limit`.
  uint32_t GetCount(uint32_t limit) {
    const auto n = Get<uint32_t>();
    if (n > limit) ok_ = false;
    return ok_ ? n : 0;
  }
  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && at_ == bytes_.size(); }
  void Fail() { ok_ = false; }
  void Require(bool condition) { ok_ = ok_ && condition; }

 private:
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
};

inline std::string Seal(const std::string& bytes) {
  StateWriter digest;
  digest.Put(StableHash(bytes));
  return bytes + digest.Take();
}

// The bytes that were sealed; false where they are not those.
inline bool Unseal(std::string_view& bytes) {
  if (bytes.size() < sizeof(uint64_t)) return false;
  const size_t size = bytes.size() - sizeof(uint64_t);
  StateReader digest(bytes.substr(size));
  bytes = bytes.substr(0, size);
  return digest.Get<uint64_t>() == StableHash(bytes);
}

// Counts and times (ns since 1970, until 2116) beyond this are not of this
// world; differences below it can't overflow.
inline constexpr int64_t kMaxStored = (int64_t{1} << 62) - 1;

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_SEQUENTIAL_STATE_IO_H_
