// Whether KV can get from where it is computed to where it is used.

#include <fmt/format.h>

#include <string>

#include "models/transfer/descriptors.h"
#include "sim/scenario/checker.h"
#include "sim/scenario/param_names.h"

namespace cleave {
namespace {

/// A prefill pool and a pool that it hands over to.
struct Pair {
  const Checker& check;
  const PoolParams& prefill;
  const PoolParams& decode;
  std::string decode_path;

  void differs(std::string_view key, std::string_view here, std::string_view there, std::string_view cure) const {
    check.fail(
        fmt::format("{}.{}", decode_path, key),
        fmt::format("got {}, but pool {}, which hands over to this one, has {}; {}", here, prefill.name, there, cure));
  }
};

/// What moves between two pools must mean the same on both sides, or be converted on the way.
void check_pair(const Pair& pair) {
  constexpr std::string_view kCure = "make them equal, or set transfer.mismatch to convert";
  const PoolParams& prefill = pair.prefill;
  const PoolParams& decode = pair.decode;
  if (decode.engine.first_token_side != prefill.engine.first_token_side) {
    pair.differs("engine.first_token_side", name_of(decode.engine.first_token_side),
                 name_of(prefill.engine.first_token_side), "they must be equal");
  }
  const bool other_blocks = decode.engine.block_size != prefill.engine.block_size;
  const bool other_format = decode.kv_dtype != prefill.kv_dtype;
  const bool converts = pair.check.scenario.transfer.mismatch == Mismatch::convert;
  if (!converts) {
    if (other_blocks) {
      pair.differs("engine.block_size", std::to_string(decode.engine.block_size.value()),
                   std::to_string(prefill.engine.block_size.value()), kCure);
    }
    if (other_format) pair.differs("kv_dtype", decode.kv_dtype, prefill.kv_dtype, kCure);
    if (decode.block_layout != prefill.block_layout) {
      pair.differs("block_layout", name_of(decode.block_layout), name_of(prefill.block_layout), kCure);
    }
    return;
  }
  if (const auto problem = reblocking_problem(prefill.engine.block_size, decode.engine.block_size)) {
    pair.differs("engine.block_size", std::to_string(decode.engine.block_size.value()),
                 std::to_string(prefill.engine.block_size.value()), *problem);
  }
  const DecodeKv kept = pair.check.scenario.transfer.decode_kv.value_or(DecodeKv::drop);
  if ((other_blocks || other_format) && kept != DecodeKv::drop) {
    pair.check.fail("transfer.decode_kv",
                    fmt::format("got {}, but pools {} and {} name blocks differently: expected drop", name_of(kept),
                                prefill.name, decode.name));
  }
}

void check_handoffs(const Checker& check) {
  const auto& pools = check.scenario.pools;
  const bool mixed_decodes = check.scenario.router.disaggregation.has_value();
  for (std::size_t to = 0; to < pools.size(); ++to) {
    const bool decodes =
        pools[to].role == ReplicaRole::decode || (mixed_decodes && pools[to].role == ReplicaRole::mixed);
    if (!decodes) continue;
    for (const PoolParams& from : pools) {
      if (from.role != ReplicaRole::prefill || from.model != pools[to].model) continue;
      check_pair({check, from, pools[to], fmt::format("pools[{}]", to)});
      break;  // one complaint a decode pool is enough
    }
  }
}

void check_store(const Checker& check, const ProtocolSpec& protocol) {
  const std::string& store = check.scenario.transfer.store;
  if (protocol.path != TransferPath::store) {
    if (!store.empty()) {
      check.fail("transfer.store",
                 fmt::format("got \"{}\", but protocol {} goes through no store", store, protocol.name));
    }
  } else if (check.catalogue.find_tier(store) == nullptr) {
    check.fail("transfer.store", check.catalogue.unknown_name(CatalogueKind::tier, store));
  }
}

void check_protocols(const Checker& check) {
  const TransferParams& transfer = check.scenario.transfer;
  const ProtocolSpec* network = check.catalogue.find_protocol(protocol_name(transfer));
  const ProtocolSpec* local = check.catalogue.find_protocol(transfer.local_protocol);
  if (network == nullptr) {
    check.fail("transfer.protocol", check.catalogue.unknown_name(CatalogueKind::protocol, transfer.protocol));
  } else {
    check_store(check, *network);
    if (transfer.mode != HandoffMode::after_prefill && network->initiator == Initiator::receiver) {
      check.fail("transfer.protocol",
                 fmt::format("got \"{}\", by which the receiver reads: with mode {} the sender must write, as it knows "
                             "what is ready",
                             network->name, name_of(transfer.mode)));
    }
  }
  if (local == nullptr) {
    check.fail("transfer.local_protocol",
               check.catalogue.unknown_name(CatalogueKind::protocol, transfer.local_protocol));
  } else if (local->path != TransferPath::device) {
    check.fail("transfer.local_protocol",
               fmt::format("got \"{}\", expected a protocol from device to device", local->name));
  }
  if (!transfer.codec.empty() && check.catalogue.find_codec(transfer.codec) == nullptr) {
    check.fail("transfer.codec", check.catalogue.unknown_name(CatalogueKind::codec, transfer.codec));
  }
}

}  // namespace

void check_transfer(const Checker& check) {
  check_handoffs(check);
  check_protocols(check);
}

}  // namespace cleave
