#pragma once
// The policies once more, written for the eye: vectors of keys, newest first, searched from end to end.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "sim/kv/eviction/access.h"
#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/recompute_cost.h"

namespace cleave::test {

using Key = std::uint64_t;
using Queue = std::vector<Key>;  // front: newest

inline bool holds(const Queue& queue, Key key) {
  return std::find(queue.begin(), queue.end(), key) != queue.end();
}
inline bool take(Queue& queue, Key key) {
  return std::erase(queue, key) > 0;
}
inline void push(Queue& queue, Key key) {
  queue.insert(queue.begin(), key);
}
inline Key pop(Queue& queue) {
  const Key key = queue.back();
  queue.pop_back();
  return key;
}

/// One cache under one policy.
class NaiveCache {
 public:
  explicit NaiveCache(const PolicyParams& params) : params_(params) {}
  virtual ~NaiveCache() = default;

  bool access(const Access& access) {
    const Key key = static_cast<Key>(access.key);
    settle(access);
    if (contains(key)) {
      hit(key, access);
      return true;
    }
    if (!miss(key, access)) return false;
    while (size() >= params_.capacity) evict(access);
    insert(key, access);
    return false;
  }
  virtual bool contains(Key key) const = 0;
  virtual std::size_t size() const = 0;
  virtual void erase(Key key) = 0;

 protected:
  virtual void settle(const Access&) {}
  virtual void hit(Key key, const Access& access) = 0;
  virtual bool miss(Key, const Access&) { return true; }
  virtual void evict(const Access& access) = 0;
  virtual void insert(Key key, const Access& access) = 0;

  PolicyParams params_;
};

/// One queue; subclasses say what a hit does.
class NaiveQueue : public NaiveCache {
 public:
  using NaiveCache::NaiveCache;
  bool contains(Key key) const override { return holds(queue_, key); }
  std::size_t size() const override { return queue_.size(); }
  void erase(Key key) override { take(queue_, key); }

 protected:
  void hit(Key, const Access&) override {}
  void evict(const Access&) override { pop(queue_); }
  void insert(Key key, const Access&) override { push(queue_, key); }
  Queue queue_;
};

class NaiveLru : public NaiveQueue {
 public:
  using NaiveQueue::NaiveQueue;
  void hit(Key key, const Access&) override {
    take(queue_, key);
    push(queue_, key);
  }
};

class NaiveTtl : public NaiveLru {
 public:
  using NaiveLru::NaiveLru;
  void settle(const Access& now) override {
    std::erase_if(queue_, [&](Key key) { return now.time - used_[key] > params_.ttl; });
  }
  void hit(Key key, const Access& access) override {
    NaiveLru::hit(key, access);
    used_[key] = access.time;
  }
  void insert(Key key, const Access& access) override {
    NaiveLru::insert(key, access);
    used_[key] = access.time;
  }

 private:
  std::map<Key, TimePoint> used_;
};

template <int kMost>
class NaiveClock : public NaiveQueue {
 public:
  using NaiveQueue::NaiveQueue;
  void hit(Key key, const Access&) override { count_[key] = std::min(count_[key] + 1, kMost); }
  void insert(Key key, const Access&) override {
    push(queue_, key);
    count_[key] = 0;
  }
  void evict(const Access&) override {
    while (count_[queue_.back()]-- > 0) push(queue_, pop(queue_));
    pop(queue_);
  }

 private:
  std::map<Key, int> count_;
};

class NaiveSieve : public NaiveQueue {
 public:
  using NaiveQueue::NaiveQueue;
  void hit(Key key, const Access&) override { visited_[key] = true; }
  void insert(Key key, const Access&) override {
    push(queue_, key);
    visited_[key] = false;
  }
  void erase(Key key) override {
    if (hand_ == key) hand_ = newer(key);
    take(queue_, key);
  }
  void evict(const Access&) override {
    Key at = hand_.value_or(queue_.back());
    while (visited_[at]) {
      visited_[at] = false;
      at = newer(at).value_or(queue_.back());
    }
    hand_ = newer(at);
    take(queue_, at);
  }

 private:
  std::optional<Key> newer(Key key) const {
    const auto at = std::find(queue_.begin(), queue_.end(), key);
    return at == queue_.begin() ? std::nullopt : std::optional{*(at - 1)};
  }
  std::map<Key, bool> visited_;
  std::optional<Key> hand_;
};

/// Blocks with a priority that subclasses give; the lowest goes, among equals the least recently used.
class NaiveRanked : public NaiveCache {
 public:
  using NaiveCache::NaiveCache;
  bool contains(Key key) const override { return blocks_.contains(key); }
  std::size_t size() const override { return blocks_.size(); }
  void erase(Key key) override { blocks_.erase(key); }

 protected:
  struct Block {
    int uses = 0;
    std::uint64_t used = 0;
    std::uint32_t depth = 0;
    double priority = 0;
  };
  virtual double priority(const Block& block, const Access& access) const = 0;
  virtual bool sooner(const Block& a, const Block& b) const {
    return a.priority != b.priority ? a.priority < b.priority : a.used < b.used;
  }
  virtual void gone(const Block&) {}

  std::map<Key, Block>::iterator next_victim() {
    return std::min_element(blocks_.begin(), blocks_.end(),
                            [this](const auto& a, const auto& b) { return sooner(a.second, b.second); });
  }
  void hit(Key key, const Access& access) override {
    Block& block = blocks_[key];
    ++block.uses;
    block.used = access.number;
    block.depth = access.depth;
    block.priority = priority(block, access);
  }
  void insert(Key key, const Access& access) override { hit(key, access); }
  void evict(const Access&) override {
    const auto victim = next_victim();
    gone(victim->second);
    blocks_.erase(victim);
  }
  std::map<Key, Block> blocks_;
};

class NaiveLfu : public NaiveRanked {
 public:
  using NaiveRanked::NaiveRanked;
  double priority(const Block& block, const Access&) const override { return block.uses; }
};

class NaiveLengthAware : public NaiveLfu {
 public:
  using NaiveLfu::NaiveLfu;
  bool sooner(const Block& a, const Block& b) const override {
    if (a.uses != b.uses) return a.uses < b.uses;
    return a.depth != b.depth ? a.depth > b.depth : a.used < b.used;
  }
};

class NaiveGdsf : public NaiveRanked {
 public:
  using NaiveRanked::NaiveRanked;
  double priority(const Block& block, const Access& access) const override { return age_ + block.uses * worth(access); }
  void gone(const Block& block) override { age_ = block.priority; }

 protected:
  virtual double worth(const Access&) const { return 1; }

 private:
  double age_ = 0;
};

class NaiveCostAware : public NaiveGdsf {
 public:
  using NaiveGdsf::NaiveGdsf;
  double worth(const Access& access) const override {
    const Tokens begin = Tokens{512} * std::int64_t{access.depth};
    return recompute_cost(begin + Tokens{512}) - recompute_cost(begin);  // to the last bit: ties decide
  }
};

class NaiveSessionAware : public NaiveRanked {
 public:
  using NaiveRanked::NaiveRanked;
  void hit(Key key, const Access& access) override {
    users_[key].insert(access.session);
    turn_[key] = access;
    NaiveRanked::hit(key, access);
  }
  void insert(Key key, const Access& access) override {
    users_[key].clear();
    hit(key, access);
  }
  void evict(const Access&) override {
    blocks_.erase(std::min_element(blocks_.begin(), blocks_.end(), [this](const auto& a, const auto& b) {
      const auto order = [this](Key key) {
        const bool over = turn_[key].closes && users_[key].size() == 1;
        return std::tuple(over ? 0 : 1, turn_[key].request, -static_cast<std::int64_t>(turn_[key].depth));
      };
      return order(a.first) < order(b.first);
    }));
  }
  double priority(const Block&, const Access&) const override { return 0; }

 private:
  std::map<Key, std::set<std::uint32_t>> users_;  // since its insertion
  std::map<Key, Access> turn_;                    // its latest
};

class NaiveBelady : public NaiveRanked {
 public:
  using NaiveRanked::NaiveRanked;
  double priority(const Block&, const Access& access) const override {
    return -static_cast<double>(params_.next_uses[access.number]);
  }
};

class NaiveBypass : public NaiveBelady {
 public:
  using NaiveBelady::NaiveBelady;
  bool miss(Key, const Access& access) override {
    return size() < params_.capacity || priority({}, access) >= next_victim()->second.priority;
  }
};

}  // namespace cleave::test
