#include "sim/workload/block_keys.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {

namespace {

// High half xor low half of a 64 x 64-bit product: one multiplication mixes parent and content.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0xa0761d6478bd642fULL) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio: spreads neighbouring offsets

// Content of a run of one segment. A well-mixed word for each segment, moved by the offset of the run's first token.
std::uint64_t segment_word(SegmentId segment) {
  return mix(segment.value() + 1, 0xe7037ed1a0b428dbULL);
}
std::uint64_t content(std::uint64_t word, std::uint64_t begin) {
  return word + begin * kOdd;
}

std::uint64_t root_key(std::uint64_t root) {
  return mix(root, 0x8ebc6af09c88c6e3ULL);
}

// Walks the tokens of a prompt, then of an output, as maximal runs: however they were split, the runs are the same.
class RunCursor {
 public:
  RunCursor(const std::vector<Span>& prompt, Span output) : prompt_(prompt), output_(output) { load(); }

  [[nodiscard]] bool done() const { return run_.length == 0; }
  [[nodiscard]] const Span& run() const { return run_; }

  /// Steps over `tokens` <= run().length.
  void advance(std::uint32_t tokens) {
    run_.begin += tokens;
    run_.length -= tokens;
    if (run_.length == 0) load();
  }

  /// Steps over `tokens`; false when fewer are left.
  bool skip(std::uint64_t tokens) {
    while (tokens > 0 && !done()) {
      const auto step = static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, run_.length));
      advance(step);
      tokens -= step;
    }
    return tokens == 0;
  }

 private:
  [[nodiscard]] const Span* peek() const {
    if (next_ < prompt_.size()) return &prompt_[next_];
    return next_ == prompt_.size() ? &output_ : nullptr;
  }
  void load() {
    const Span* span = peek();
    while (span != nullptr && span->length == 0) {
      ++next_;
      span = peek();
    }
    if (span == nullptr) return;
    run_ = *span;
    for (++next_; (span = peek()) != nullptr; ++next_) {
      if (span->length == 0) continue;
      if (span->segment != run_.segment || span->begin != run_.begin + run_.length) break;
      run_.length += span->length;
    }
  }

  const std::vector<Span>& prompt_;
  Span output_;
  std::size_t next_ = 0;
  Span run_;
};

// Keys of as many full blocks as the cursor's current run covers alone.
std::uint64_t whole_run_blocks(const Span& run, std::uint32_t block, std::uint64_t parent,
                               std::vector<BlockKey>& keys) {
  const std::uint32_t count = run.length / block;
  const std::size_t first = keys.size();
  keys.resize(first + count);
  std::uint64_t word = content(segment_word(run.segment), run.begin);
  const std::uint64_t stride = block * kOdd;
  for (std::uint32_t i = 0; i < count; ++i, word += stride) {
    parent = mix(parent, word);
    keys[first + i] = BlockKey{parent};
  }
  return parent;
}

// Chains one block made of several runs onto `key`; false when the tokens end inside it.
bool mixed_block(RunCursor& cursor, std::uint32_t block, std::uint64_t& key) {
  for (std::uint32_t left = block; left > 0;) {
    if (cursor.done()) return false;
    const Span run = cursor.run();
    const std::uint32_t taken = std::min(run.length, left);
    // The length tells apart runs that differ only in where they end.
    key = mix(key + taken, content(segment_word(run.segment), run.begin));
    cursor.advance(taken);
    left -= taken;
  }
  return true;
}

void append_full_blocks(RunCursor& cursor, std::uint32_t block, std::uint64_t key, std::vector<BlockKey>& keys) {
  while (!cursor.done()) {
    const Span run = cursor.run();
    if (run.length >= block) {
      key = whole_run_blocks(run, block, key, keys);
      cursor.advance(run.length - run.length % block);
    } else {
      if (!mixed_block(cursor, block, key)) return;
      keys.push_back(BlockKey{key});
    }
  }
}

}  // namespace

void BlockKeyChain::prompt_keys(const std::vector<Span>& prompt, std::vector<BlockKey>& keys) const {
  RunCursor cursor(prompt, Span{});
  append_full_blocks(cursor, static_cast<std::uint32_t>(block_size_.value()), root_key(root_), keys);
}

void BlockKeyChain::extend_keys(const std::vector<Span>& prompt, SegmentId output_segment, Tokens output,
                                std::vector<BlockKey>& keys) const {
  RunCursor cursor(prompt, Span{output_segment, 0, static_cast<std::uint32_t>(output.value())});
  const auto done = static_cast<std::uint64_t>(block_size_.value()) * keys.size();
  SIM_CHECK(cursor.skip(done), "block keys are extended past the tokens that they cover");
  const std::uint64_t parent = keys.empty() ? root_key(root_) : static_cast<std::uint64_t>(keys.back());
  append_full_blocks(cursor, static_cast<std::uint32_t>(block_size_.value()), parent, keys);
}

}  // namespace cleave
