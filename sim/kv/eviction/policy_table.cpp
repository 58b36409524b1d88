#include "sim/kv/eviction/policy_table.h"

#include <string>

#include "sim/kv/eviction/replays.h"

namespace cleave {

namespace {

constexpr std::array kEntries{
    EvictionEntry{"fifo", "", "the oldest insertion goes", replay_fifo},
    EvictionEntry{"lru", "lru-a", "the least recently used goes, blocks used from the first on", replay_lru,
                  StackCurve::lru},
    EvictionEntry{"lru-b", "lru-vllm", "LRU as vLLM orders it: a request's last blocks go first", replay_lru_by_request,
                  StackCurve::lru_by_request, false, true},
    EvictionEntry{"leaf-lru", "tree", "LRU over blocks without cached children, as SGLang's tree", replay_leaf_lru,
                  nullptr, false, true},
    EvictionEntry{"ttl", "ttl-lru", "LRU that also drops what was not used for a time to live", replay_ttl},
    EvictionEntry{"lfu", "", "the least often used goes", replay_lfu},
    EvictionEntry{"clock", "clock-1bit", "FIFO with one second chance after a hit", replay_clock},
    EvictionEntry{"clock-2bit", "clock2", "FIFO with up to three second chances", replay_clock_2bit},
    EvictionEntry{"sieve", "", "a hand takes the first block not hit since it last came by", replay_sieve},
    EvictionEntry{"s3fifo", "", "a small FIFO filters blocks that nobody asks for twice", replay_s3_fifo},
    EvictionEntry{"slru", "", "four LRU segments, a hit promotes by one", replay_slru},
    EvictionEntry{"twoq", "2q", "a FIFO for new blocks, an LRU for those that return", replay_two_q},
    EvictionEntry{"arc", "", "two LRU lists that adapt their share by their ghosts", replay_arc},
    EvictionEntry{"gdsf", "", "LFU that ages", replay_gdsf},
    EvictionEntry{"wtinylfu", "tinylfu", "a window, and admission by recent frequency", replay_w_tiny_lfu},
    EvictionEntry{"hyperbolic", "", "the fewest uses per time cached, of 64 drawn", replay_hyperbolic},
    EvictionEntry{"lecar", "", "LRU and LFU, followed at random by learned weights", replay_lecar},
    EvictionEntry{"random", "", "any block goes", replay_random},
    EvictionEntry{"length-aware", "", "LFU that drops the ends of long prompts first", replay_length_aware},
    EvictionEntry{"cost-aware", "gdsf-cost", "LFU that ages, weighted by what computing a block again costs",
                  replay_cost_aware},
    EvictionEntry{"lhd", "hit-density", "the least hit density, of 32 drawn: hits to come for the time they take",
                  replay_lhd},
    EvictionEntry{"session", "session-aware", "sessions that are over first, then by the time since the last turn",
                  replay_session_aware},
    EvictionEntry{"belady", "min", "offline bound: the farthest next use goes", replay_belady, nullptr, true},
    EvictionEntry{"belady-bypass", "opt", "offline bound that may also refuse a block", replay_belady_bypass, nullptr,
                  true},
};

std::string plain(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ') continue;
    letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return letters;
}

}  // namespace

std::span<const EvictionEntry> eviction_policies() {
  return kEntries;
}

const EvictionEntry* find_eviction_policy(std::string_view name) {
  const std::string wanted = plain(name);
  for (const EvictionEntry& entry : kEntries) {
    if (wanted == plain(entry.name) || (!entry.also.empty() && wanted == plain(entry.also))) return &entry;
  }
  return nullptr;
}

}  // namespace cleave
