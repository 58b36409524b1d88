#pragma once
// What a scenario can say about regions: where they are, what joins them, and what each knows of the others.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "models/transfer/wan_tcp.h"
#include "models/units/units.h"

namespace cleave {

/// A pair of regions: the round trip between them, and what each direction carries.
struct WanLinkParams {
  std::vector<std::string> between;  // two regions
  Duration rtt{};
  BytesPerSecond bandwidth{12.5e9};  // 100 Gb/s, as between PrfaaS's clusters
};

/// Nobody knows what other regions have cached.
struct NoDirectory {};
/// Each replica's region sends a Bloom filter of its keys to every other region.
struct DigestDirectory {
  Duration interval = std::chrono::seconds{10};
  double bits_per_block = 10;  // about 1 % false positives a block
};
/// The region that the hash of a prompt's first blocks names is told who has it, and is asked.
struct HomeDirectory {
  std::uint32_t blocks = 8;  // of the prompt's start that are hashed
};
/// Every other region is asked for each prompt.
struct QueryDirectory {};
using DirectoryParams = std::variant<NoDirectory, DigestDirectory, HomeDirectory, QueryDirectory>;

struct FederationParams {
  std::vector<std::string> regions;  // empty: everything is in one place
  std::vector<WanLinkParams> links;
  std::string protocol = "tcp";  // how KV crosses between regions
  WanTcp tcp;
  Duration report_interval = std::chrono::seconds{1};  // regions tell each other their replicas' load so often
  DirectoryParams directory;
  Tokens ask_from{1024};  // prompts with fewer tokens not cached at home ask nobody
};

}  // namespace cleave
