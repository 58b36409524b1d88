#pragma once
// The policies of several queues, written for the eye.

#include <array>

#include "sim/kv/eviction/policies/frequency_sketch.h"
#include "tests/unit/eviction/naive.h"

namespace cleave::test {

/// A cache that is several queues.
template <std::size_t kQueues>
class NaiveQueues : public NaiveCache {
 public:
  using NaiveCache::NaiveCache;
  bool contains(Key key) const override { return where(key).has_value(); }
  std::size_t size() const override {
    std::size_t sum = 0;
    for (const Queue& queue : q_) sum += queue.size();
    return sum;
  }
  void erase(Key key) override {
    for (Queue& queue : q_) take(queue, key);
  }

 protected:
  std::optional<std::size_t> where(Key key) const {
    for (std::size_t i = 0; i < kQueues; ++i) {
      if (holds(q_[i], key)) return i;
    }
    return std::nullopt;
  }
  std::array<Queue, kQueues> q_;
};

class NaiveSlru : public NaiveQueues<4> {
 public:
  using NaiveQueues::NaiveQueues;
  void settle(const Access&) override {
    while (reached_bottom_ && q_[0].size() > limit()) pop(q_[0]);
    reached_bottom_ = false;
  }
  void hit(Key key, const Access&) override {
    const std::size_t from = *where(key);
    const std::size_t to = std::min<std::size_t>(from + 1, 3);
    take(q_[from], key);
    push(q_[to], key);
    for (std::size_t i = to; i > 0 && q_[i].size() > limit(); --i) {
      push(q_[i - 1], pop(q_[i]));
      reached_bottom_ = i == 1;
    }
  }
  void insert(Key key, const Access&) override {
    for (Queue& queue : q_) {
      if (queue.size() < limit()) return push(queue, key);
    }
    push(q_[0], key);
  }
  void evict(const Access&) override {
    for (Queue& queue : q_) {
      if (!queue.empty()) {
        pop(queue);
        return;
      }
    }
  }

 private:
  std::size_t limit() const { return std::max<std::size_t>(params_.capacity / 4, 1); }
  bool reached_bottom_ = false;
};

class NaiveTwoQ : public NaiveQueues<2> {  // A1in, Am
 public:
  using NaiveQueues::NaiveQueues;
  void hit(Key key, const Access&) override {
    if (take(q_[1], key)) push(q_[1], key);
  }
  bool miss(Key key, const Access&) override {
    returning_ = take(out_, key);
    return true;
  }
  void insert(Key key, const Access&) override { push(q_[returning_ ? 1 : 0], key); }
  void evict(const Access&) override {
    if (q_[0].size() <= params_.capacity / 4 && !q_[1].empty()) {
      pop(q_[1]);
      return;
    }
    push(out_, pop(q_[0]));
    if (out_.size() > params_.capacity / 2) pop(out_);
  }

 private:
  Queue out_;
  bool returning_ = false;
};

class NaiveS3Fifo : public NaiveQueues<2> {  // S, M
 public:
  using NaiveQueues::NaiveQueues;
  void hit(Key key, const Access&) override { ++freq_[key]; }
  bool miss(Key key, const Access&) override {
    returning_ = take(ghost_, key);
    return true;
  }
  void insert(Key key, const Access&) override {
    freq_[key] = 0;
    push(q_[returning_ ? 1 : 0], key);
  }
  void evict(const Access&) override {
    const std::size_t before = size();
    while (size() == before) {
      const std::size_t small = params_.capacity / 10;
      q_[1].size() > params_.capacity - small || q_[0].empty() ? from_main() : from_small();
    }
  }

 private:
  void from_main() {
    const Key key = pop(q_[1]);
    if (freq_[key] == 0) return;
    freq_[key] = std::min(freq_[key], 3) - 1;
    push(q_[1], key);
    from_main();
  }
  void from_small() {
    while (!q_[0].empty()) {
      const Key key = pop(q_[0]);
      if (freq_[key] < 2) {
        push(ghost_, key);
        if (ghost_.size() > params_.capacity * 9 / 10) pop(ghost_);
        return;
      }
      freq_[key] = 0;
      push(q_[1], key);
    }
  }
  std::map<Key, int> freq_;
  Queue ghost_;
  bool returning_ = false;
};

class NaiveArc : public NaiveQueues<2> {  // T1, T2
 public:
  using NaiveQueues::NaiveQueues;
  void hit(Key key, const Access&) override {
    erase(key);
    push(q_[1], key);
  }
  bool miss(Key key, const Access&) override {
    const auto b1 = static_cast<double>(b1_.size());
    const auto b2 = static_cast<double>(b2_.size());
    const auto c = static_cast<double>(params_.capacity);
    in_b1_ = holds(b1_, key);
    in_b2_ = holds(b2_, key);
    if (in_b1_) p_ = std::min(c, p_ + std::max(b2 / b1, 1.0));
    if (in_b2_) p_ = std::max(0.0, p_ - std::max(b1 / b2, 1.0));
    take(b1_, key);
    take(b2_, key);
    return true;
  }
  void insert(Key key, const Access&) override { push(q_[in_b1_ || in_b2_ ? 1 : 0], key); }
  void evict(const Access&) override {
    const std::size_t l1 = q_[0].size() + b1_.size();
    if (!in_b1_ && !in_b2_ && l1 >= params_.capacity) {
      if (b1_.empty()) {
        pop(q_[0]);
        return;
      }
      pop(b1_);
    } else if (!in_b1_ && !in_b2_ && l1 + q_[1].size() + b2_.size() >= 2 * params_.capacity) {
      pop(b2_);
    }
    const auto t1 = static_cast<double>(q_[0].size());
    if (q_[1].empty() || (t1 > 0 && (t1 > p_ || (in_b2_ && t1 == p_)))) {
      push(b1_, pop(q_[0]));
    } else {
      push(b2_, pop(q_[1]));
    }
  }

 private:
  Queue b1_;
  Queue b2_;
  double p_ = 0;
  bool in_b1_ = false;
  bool in_b2_ = false;
};

class NaiveWTinyLfu : public NaiveQueues<3> {  // window, probation, protected
 public:
  explicit NaiveWTinyLfu(const PolicyParams& params) : NaiveQueues(params), sketch_(params.capacity) {}
  bool miss(Key key, const Access& access) override {
    static_cast<void>(key);
    sketch_.add(access.key);
    return true;
  }
  void hit(Key key, const Access& access) override {
    sketch_.add(access.key);
    const std::size_t to = *where(key) == 0 ? 0 : 2;
    erase(key);
    push(q_[to], key);
    if (q_[2].size() > (params_.capacity - window()) * 8 / 10) push(q_[1], pop(q_[2]));
  }
  void insert(Key key, const Access&) override {
    push(q_[0], key);
    if (q_[0].size() > window()) push(q_[1], pop(q_[0]));
  }
  void evict(const Access&) override {
    Queue& last = q_[1].empty() ? q_[2] : q_[1];
    if (last.empty()) {
      pop(q_[0]);
    } else if (q_[0].size() < window()) {
      pop(last);
    } else if (seen(q_[0].back()) > seen(last.back())) {
      pop(last);
      push(q_[1], pop(q_[0]));
    } else {
      pop(q_[0]);
    }
  }

 private:
  std::size_t window() const { return std::max<std::size_t>(params_.capacity / 100, 1); }
  int seen(Key key) const { return sketch_.estimate(BlockKey{key}); }
  FrequencySketch sketch_;
};

}  // namespace cleave::test
