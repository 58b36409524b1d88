#include "models/cost/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cleave {
namespace {

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Match(Cases...) -> Match<Cases...>;

double kv_read_and_written(const PrefillWork& w) {
  const double earlier = w.heads.window > 0 ? std::min(w.prefix, w.heads.window) : w.prefix;
  return w.batch * (earlier + w.tokens) * 2 * w.heads.kv * w.heads.width * w.heads.kv_bytes;
}

std::string_view collective_name(CollectiveKind kind) {
  constexpr std::array<std::string_view, 4> names{"all-reduce", "all-gather", "reduce-scatter", "all-to-all"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string_view to_string(OperationKind kind) {
  constexpr std::array<std::string_view, 11> names{
      "embedding",   "projection", "experts",   "prefill attention", "decode attention", "recurrence",
      "elementwise", "collective", "stage hop", "output projection", "sampling"};
  return names[static_cast<std::size_t>(kind)];
}

double flops_of(const Operation& operation) {
  return std::visit(
      Match{[](const GemmWork& w) { return gemm_flops(w); }, [](const PrefillWork& w) { return prefill_flops(w); },
            [](const DecodeWork& w) { return decode_flops(w); }, [](const MoeWork& w) { return moe_flops(w); },
            [](const CollectiveWork&) { return 0.0; }, [](const PlainWork& w) { return w.flops; },
            [](const HopWork&) { return 0.0; }},
      operation.work);
}

double bytes_of(const Operation& operation) {
  return std::visit(
      Match{[](const GemmWork& w) { return gemm_bytes(w); }, [](const PrefillWork& w) { return prefill_bytes(w); },
            [](const DecodeWork& w) { return decode_kv_bytes(w); }, [](const MoeWork& w) { return moe_bytes(w); },
            [](const CollectiveWork& w) { return wire_bytes(w); }, [](const PlainWork& w) { return w.bytes; },
            [](const HopWork& w) { return w.bytes; }},
      operation.work);
}

double kv_bytes_of(const Operation& operation) {
  return std::visit(
      Match{[](const PrefillWork& w) { return kv_read_and_written(w); },
            [](const DecodeWork& w) { return decode_kv_bytes(w); },
            [](const PlainWork& w) { return w.attention ? w.bytes : 0.0; }, [](const auto&) { return 0.0; }},
      operation.work);
}

std::string shape_text(const Operation& operation) {
  return std::visit(Match{[](const GemmWork& w) { return fmt::format("m {:.5g} n {:.6g} k {:.6g}", w.m, w.n, w.k); },
                          [](const PrefillWork& w) {
                            return fmt::format("{:.3g} x {:.6g} after {:.7g}, heads {:g}/{:g} x {:g}", w.batch,
                                               w.tokens, w.prefix, w.heads.query, w.heads.kv, w.heads.width);
                          },
                          [](const DecodeWork& w) {
                            return fmt::format("{:g} x {:.7g}, heads {:g}/{:g} x {:g}", w.batch, w.context,
                                               w.heads.query, w.heads.kv, w.heads.width);
                          },
                          [](const MoeWork& w) {
                            return fmt::format("{:g} tokens, {:g} of {:g}, {:g} x {:g}, ep {:g} tp {:g}", w.tokens,
                                               w.chosen, w.experts, w.hidden, w.inner, w.expert_ranks, w.tensor_ranks);
                          },
                          [](const CollectiveWork& w) {
                            return fmt::format("{} of {:.4g} kB, {:g} ranks", collective_name(w.kind), w.bytes * 1e-3,
                                               w.ranks);
                          },
                          [](const PlainWork& w) { return fmt::format("{:g} kernels", w.kernels); },
                          [](const HopWork& w) { return fmt::format("{:.4g} kB", w.bytes * 1e-3); }},
                    operation.work);
}

}  // namespace cleave
