#include "sim/workload/block_keys.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "sim/core/rng.h"

using namespace cleave;

namespace {

std::vector<BlockKey> keys_of(const std::vector<Span>& prompt, std::int64_t block, std::uint64_t root = 1) {
  std::vector<BlockKey> keys;
  BlockKeyChain(root, Tokens{block}).prompt_keys(prompt, keys);
  return keys;
}

// Spans of few segments at few offsets, so that runs often meet and often almost meet.
std::vector<Span> random_prompt(Rng& rng) {
  std::vector<Span> prompt;
  const std::uint64_t spans = 1 + uniform_below(rng, 8);
  for (std::uint64_t i = 0; i < spans; ++i) {
    prompt.push_back({SegmentId::given(uniform_below(rng, 3)), static_cast<std::uint32_t>(uniform_below(rng, 40)),
                      static_cast<std::uint32_t>(1 + uniform_below(rng, 60))});
  }
  return prompt;
}

std::vector<Span> split_at_random(const std::vector<Span>& prompt, Rng& rng) {
  std::vector<Span> parts;
  for (Span span : prompt) {
    while (span.length > 0) {
      const auto taken = static_cast<std::uint32_t>(1 + uniform_below(rng, span.length));
      parts.push_back({span.segment, span.begin, taken});
      span.begin += taken;
      span.length -= taken;
      if (uniform_below(rng, 4) == 0) parts.push_back({span.segment, span.begin, 0});
    }
  }
  return parts;
}

std::vector<Span> tokens_of(const std::vector<Span>& prompt) {
  std::vector<Span> tokens;
  for (const Span& span : prompt) {
    for (std::uint32_t i = 0; i < span.length; ++i) tokens.push_back({span.segment, span.begin + i, 1});
  }
  return tokens;
}

}  // namespace

TEST_CASE("equal tokens have equal keys however their spans are split") {
  Rng rng = RngBook(11).stream("splits");
  for (int round = 0; round < 2000; ++round) {
    const auto prompt = random_prompt(rng);
    const auto block = static_cast<std::int64_t>(1 + uniform_below(rng, 20));
    CAPTURE(round, block);
    const auto keys = keys_of(prompt, block);
    REQUIRE(keys.size() == tokens_of(prompt).size() / static_cast<std::size_t>(block));
    REQUIRE(keys_of(split_at_random(prompt, rng), block) == keys);
    REQUIRE(keys_of(tokens_of(prompt), block) == keys);
  }
}

TEST_CASE("changing one token changes the key of its block and of every later block, and no earlier one") {
  Rng rng = RngBook(12).stream("changes");
  for (int round = 0; round < 2000; ++round) {
    auto tokens = tokens_of(random_prompt(rng));
    const auto block = static_cast<std::int64_t>(1 + uniform_below(rng, 20));
    const auto before = keys_of(tokens, block);
    const std::size_t changed = uniform_below(rng, tokens.size());
    // Another segment, or the neighbouring offset: both are other tokens.
    if (uniform_below(rng, 2) == 0) {
      tokens[changed].segment = SegmentId::given(99);
    } else {
      tokens[changed].begin += 1;
    }
    const auto after = keys_of(tokens, block);
    CAPTURE(round, block, changed);
    for (std::size_t i = 0; i < before.size(); ++i) {
      REQUIRE((before[i] == after[i]) == (i < changed / static_cast<std::size_t>(block)));
    }
  }
}

TEST_CASE("keys of different content never meet in a million blocks") {
  std::vector<BlockKey> keys;
  for (std::uint64_t segment = 0; segment < 1000; ++segment) {
    BlockKeyChain(1, Tokens{1}).prompt_keys({{SegmentId::given(segment), 0, 1000}}, keys);
  }
  std::sort(keys.begin(), keys.end());
  CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
}

TEST_CASE("two prompts share a block of 512 tokens exactly when they share its 32 blocks of 16") {
  Rng rng = RngBook(13).stream("sizes");
  for (int round = 0; round < 200; ++round) {
    // Chains of recorded blocks: equal up to some block, then different.
    const auto shared = static_cast<std::uint32_t>(uniform_below(rng, 6));
    std::vector<Span> one{{SegmentId::given(1), 0, 512 * shared}};
    std::vector<Span> two = one;
    one.push_back({SegmentId::given(2), 0, 512 * 3});
    two.push_back({SegmentId::given(3), 0, 512 * 3});
    const auto large_one = keys_of(one, 512);
    const auto large_two = keys_of(two, 512);
    const auto small_one = keys_of(one, 16);
    const auto small_two = keys_of(two, 16);
    REQUIRE(small_one.size() == 32 * large_one.size());
    for (std::size_t i = 0; i < large_one.size(); ++i) {
      const bool all_small = std::equal(small_one.begin() + static_cast<std::ptrdiff_t>(32 * i),
                                        small_one.begin() + static_cast<std::ptrdiff_t>(32 * i + 32),
                                        small_two.begin() + static_cast<std::ptrdiff_t>(32 * i));
      REQUIRE((large_one[i] == large_two[i]) == all_small);
      REQUIRE(all_small == (i < shared));
    }
  }
}

TEST_CASE("runs that begin alike but end elsewhere within a block have different keys") {
  const SegmentId a = SegmentId::given(1);
  const SegmentId b = SegmentId::given(2);
  CHECK(keys_of({{a, 0, 5}, {b, 0, 3}}, 8) != keys_of({{a, 0, 3}, {b, 0, 5}}, 8));
  CHECK(keys_of({{a, 0, 8}}, 8) != keys_of({{a, 0, 7}, {b, 0, 1}}, 8));
}

TEST_CASE("roots separate name spaces") {
  const std::vector<Span> prompt{{SegmentId::given(1), 0, 64}};
  CHECK(keys_of(prompt, 16, 1) != keys_of(prompt, 16, 2));
}

TEST_CASE("a partial block has no key") {
  CHECK(keys_of({{SegmentId::given(1), 0, 31}}, 16).size() == 1);
  CHECK(keys_of({{SegmentId::given(1), 0, 8}, {SegmentId::given(2), 0, 7}}, 16).empty());
  CHECK(keys_of({}, 16).empty());
}

TEST_CASE("keys extended during decoding are the keys of the prompt that cites the answer") {
  Rng rng = RngBook(14).stream("extend");
  for (int round = 0; round < 500; ++round) {
    const auto prompt = random_prompt(rng);
    const auto block = static_cast<std::int64_t>(1 + uniform_below(rng, 20));
    const BlockKeyChain chain(1, Tokens{block});
    const SegmentId answer = SegmentId::output_of(RequestId{5});
    const auto output = static_cast<std::uint32_t>(uniform_below(rng, 80));
    std::vector<BlockKey> keys;
    chain.prompt_keys(prompt, keys);
    // Token by token or in leaps, as a coalesced stretch of decode steps would.
    for (std::uint32_t done = 0; done < output;) {
      done = std::min(output, done + static_cast<std::uint32_t>(1 + uniform_below(rng, 9)));
      chain.extend_keys(prompt, answer, Tokens{done}, keys);
    }
    auto next_turn = prompt;
    append_span(next_turn, {answer, 0, output});
    CAPTURE(round, block, output);
    REQUIRE(keys == keys_of(next_turn, block));
  }
}
