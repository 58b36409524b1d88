#pragma once
// From a block's key to who has it, for keys that come in chains: open addressing, no allocation between growths.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/units/keys.h"
#include "sim/kv/huge_allocator.h"
#include "sim/kv/prefetch.h"

namespace cleave {

/// Where a key lies as part of its chain: seven keys that follow each other share a line. A key names all that comes
/// before it, so it has one place, whoever asks.
class ChainPlace {
 public:
  static constexpr std::size_t kKeys = 7;

  constexpr ChainPlace() = default;
  /// Of number `i` of a chain, which is given from its first key on.
  ChainPlace(std::span<const BlockKey> chain, std::size_t i) {
    const std::size_t offset = i % kKeys;
    value_ = hash(chain[i - offset]) << 3 | static_cast<std::uint32_t>(offset);
  }
  /// Of a key that continues nothing.
  explicit ChainPlace(BlockKey alone) : value_(hash(alone) << 3) {}

  /// The place of number `i` of a chain, if this is that of the one before.
  [[nodiscard]] ChainPlace next(std::span<const BlockKey> chain, std::size_t i) const {
    ChainPlace place;
    place.value_ = offset() + 1 < kKeys ? value_ + 1 : hash(chain[i]) << 3;
    return place;
  }
  /// The line's name, of 29 bits.
  [[nodiscard]] std::uint32_t line() const { return value_ >> 3; }
  [[nodiscard]] std::size_t offset() const { return value_ & 7; }
  bool operator==(const ChainPlace&) const = default;

 private:
  [[nodiscard]] static std::uint32_t hash(BlockKey key) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15ULL >> 35);
  }

  std::uint32_t value_ = 0;
};

/// A key, and its place as whoever put it said.
struct PlacedKey {
  BlockKey key{};
  ChainPlace place;
};

/// From keys to ids. A line has the ids of its seven keys; the owner knows which key an id stands for. Where chains
/// part inside a line its place is taken: then a key goes to a line of its own, and the place says that somebody did.
/// So one look-up of a line serves seven keys, and chains that part do not crowd. Nothing is ever taken out: the owner
/// says which ids still hold, others are overwritten, and the map is started again when it is full. An eviction then
/// costs no visit here. `held(value)`: what leads to an id as it is now, an optional PlacedKey; nullopt: nothing does.
template <class IdType>
class ChainMap {
 public:
  /// What a look-up found: an id, or, if `at` is given, where one can be put.
  struct Found {
    IdType id;
    std::uint32_t* at = nullptr;
  };

  ChainMap() { clear(); }

  template <class Held>
  [[nodiscard]] std::optional<IdType> find(ChainPlace place, BlockKey key, const Held& held) const {
    const std::size_t at = line_at(place.line());
    if (lines_[at].name == kFree) return std::nullopt;
    const std::uint32_t entry = lines_[at].ids[place.offset()];
    if (leads_to(entry, key, held)) return IdType{entry & kId};
    if ((entry & kParted) == 0) return std::nullopt;
    return find_alone(key, held);
  }

  /// The same; where nothing leads to the key, put() may follow, unless something else is looked up like this before.
  /// The map must not be full.
  template <class Held>
  [[nodiscard]] Found find_to_put(ChainPlace place, BlockKey key, const Held& held) {
    std::uint32_t& entry = line(line_at(place.line()), place.line()).ids[place.offset()];
    if (entry == kNobody) return {{}, &entry};
    return look_further(place, key, entry, held);
  }
  /// Adds the line of a place, if there is none: nothing leads to any key of it then. Result: where the place's id
  /// goes, and those behind it; nullptr: there is a line. The map must not be full.
  [[nodiscard]] std::uint32_t* add_line(ChainPlace place) {
    const std::size_t at = line_at(place.line());
    return lines_[at].name == kFree ? &line(at, place.line()).ids[place.offset()] : nullptr;
  }

  /// From now on the key leads to `id`. `at`: where find_to_put() said.
  static void put(std::uint32_t* at, IdType id) { *at = (*at & kParted) | id.value(); }

  /// Lines in use.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// At this load walks become long: start_again() before the next find_to_put().
  [[nodiscard]] bool full() const { return size_ > most_; }

  void clear() { clear_to(kInitialLog2); }
  /// Forgets what no longer holds, and grows if much does. `for_each(fn)` calls fn(placed key, id) for all that does.
  template <class Held, class ForEach>
  void start_again(const Held& held, const ForEach& for_each) {
    const auto put_one = [&](const PlacedKey& placed, IdType id) {
      if (const Found found = find_to_put(placed.place, placed.key, held); found.at != nullptr) put(found.at, id);
    };
    clear_to(kNameBits - shift_);
    for_each(put_one);
    while (4 * size_ > lines_.size()) {
      clear_to(kNameBits - shift_ + 1);
      for_each(put_one);
    }
  }

  /// Fetches the line of a key that will be looked up soon.
  void prefetch(ChainPlace place) const { prefetch_line(&lines_[home(place.line())]); }
  /// The lines that begin at keys [from, until) of a chain.
  void prefetch(std::span<const BlockKey> chain, std::size_t from, std::size_t until) const {
    constexpr std::size_t kKeys = ChainPlace::kKeys;
    for (std::size_t i = (from + kKeys - 1) / kKeys * kKeys; i < until; i += kKeys) prefetch(ChainPlace{chain, i});
  }

 private:
  static constexpr std::uint32_t kFree = 0xffffffffU;    // names have 29 bits
  static constexpr std::uint32_t kParted = 0x80000000U;  // some key of this place may be in a line of its own
  static constexpr std::uint32_t kId = ~kParted;
  static constexpr std::uint32_t kNobody = kId;
  static constexpr unsigned kNameBits = 29;
  static constexpr unsigned kInitialLog2 = 5;
  static constexpr std::size_t kMostNew = 2;  // lines that one find_to_put() adds
  struct Line {
    std::uint32_t name = kFree;
    std::array<std::uint32_t, ChainPlace::kKeys> ids{kNobody, kNobody, kNobody, kNobody, kNobody, kNobody, kNobody};
  };

  [[nodiscard]] std::size_t home(std::uint32_t name) const { return name >> shift_; }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (lines_.size() - 1); }
  /// The first line of a name, or where it would stand. Keys of a chain ask for one line again and again.
  [[nodiscard]] std::size_t line_at(std::uint32_t name) const {
    if (lines_[latest_].name == name) return latest_;
    std::size_t at = home(name);
    while (lines_[at].name != name && lines_[at].name != kFree) at = next(at);
    return latest_ = at;
  }
  Line& line(std::size_t at, std::uint32_t name) {
    if (lines_[at].name == kFree) {
      lines_[at].name = name;
      ++size_;
    }
    return lines_[at];
  }

  template <class Held>
  [[nodiscard]] static bool leads_to(std::uint32_t entry, BlockKey key, const Held& held) {
    if ((entry & kId) == kNobody) return false;
    const std::optional<PlacedKey> occupant = held(entry & kId);
    return occupant && occupant->key == key;
  }
  /// Whether a key may stand in a place: that of its chain, or its own.
  [[nodiscard]] static bool is_at(const PlacedKey& occupant, ChainPlace place) {
    return occupant.place == place || ChainPlace{occupant.key} == place;
  }
  /// Among lines named by the key itself: one, unless names are equal by chance.
  template <class Held>
  [[nodiscard, gnu::noinline]] std::optional<IdType> find_alone(BlockKey key, const Held& held) const {
    const ChainPlace own{key};
    for (std::size_t l = home(own.line()); lines_[l].name != kFree; l = next(l)) {
      if (lines_[l].name != own.line()) continue;
      const std::uint32_t entry = lines_[l].ids[own.offset()];
      if (leads_to(entry, key, held)) return IdType{entry & kId};
    }
    return std::nullopt;
  }
  /// Where somebody is or was in the key's place.
  template <class Held>
  [[nodiscard, gnu::noinline]] Found look_further(ChainPlace place, BlockKey key, std::uint32_t& entry,
                                                  const Held& held) {
    const std::optional<PlacedKey> occupant = (entry & kId) == kNobody ? std::nullopt : held(entry & kId);
    if (occupant && occupant->key == key) return {IdType{entry & kId}, nullptr};
    if (occupant && is_at(*occupant, place)) {
      entry |= kParted;
      return find_own(key, held);
    }
    // The place is free again, but the key may have parted from it before.
    const std::optional<IdType> own = (entry & kParted) != 0 ? find_alone(key, held) : std::nullopt;
    return own ? Found{*own, nullptr} : Found{{}, &entry};
  }
  /// The same as find_alone(), or where the key can be put; at the end of them a line is added.
  template <class Held>
  [[nodiscard]] Found find_own(BlockKey key, const Held& held) {
    const ChainPlace own{key};
    Found found;
    for (std::size_t l = home(own.line());; l = next(l)) {
      if (lines_[l].name == kFree) {
        if (found.at == nullptr) found.at = &line(l, own.line()).ids[own.offset()];
        return found;
      }
      if (lines_[l].name != own.line()) continue;
      std::uint32_t& entry = lines_[l].ids[own.offset()];
      const std::optional<PlacedKey> occupant = (entry & kId) == kNobody ? std::nullopt : held(entry & kId);
      if (occupant && occupant->key == key) return {IdType{entry & kId}, nullptr};
      const bool taken = occupant && is_at(*occupant, own);
      if (!taken && found.at == nullptr) found.at = &entry;
    }
  }
  void clear_to(unsigned log2) {
    lines_.assign(std::size_t{1} << log2, Line{});
    shift_ = kNameBits - log2;
    most_ = 5 * lines_.size() / 8 - kMostNew;
    size_ = 0;
    latest_ = 0;
  }

  std::vector<Line, HugeAllocator<Line>> lines_;
  std::size_t size_ = 0;
  std::size_t most_ = 0;
  unsigned shift_ = 0;
  mutable std::size_t latest_ = 0;  // where the latest line was found
};

}  // namespace cleave
