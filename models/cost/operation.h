#pragma once
// One operation of an engine's step: a kernel, or a few that belong together, and how much work it is.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "models/arch/dtype.h"
#include "models/cost/forms/attention.h"
#include "models/cost/forms/collective.h"
#include "models/cost/forms/gemm.h"
#include "models/cost/forms/moe.h"

namespace cleave {

enum class OperationKind : std::uint8_t {
  embedding,
  projection,  // a dense matrix product
  experts,
  prefill_attention,
  decode_attention,
  recurrence,   // linear attention's state
  elementwise,  // norms, rotations, activations, KV codecs
  collective,
  hop,  // between pipeline stages
  head,
  sampling,
};
[[nodiscard]] std::string_view to_string(OperationKind kind);

/// Kernels that are known by their operations and bytes alone.
struct PlainWork {
  double flops = 0;
  double bytes = 0;
  double kernels = 1;
  bool attention = false;  // reads KV: attention's efficiencies apply, else those of matrices and streams
  bool handed = false;     // reads what the kernel before has just written
};

/// A message of so many bytes to a neighbour.
struct HopWork {
  double bytes = 0;
};

using OperationWork = std::variant<GemmWork, PrefillWork, DecodeWork, MoeWork, CollectiveWork, PlainWork, HopWork>;

/// `name` is static text. `work` is of one execution on the busiest accelerator, `count` the executions in a step, one
/// in each layer of a group.
struct Operation {
  OperationKind kind = OperationKind::projection;
  std::string_view name;
  double count = 1;
  Dtype dtype = Dtype::bf16;  // of the weights; of attention's: of the KV
  OperationWork work;
};

/// Of one execution.
[[nodiscard]] double flops_of(const Operation& operation);
/// Of one execution: memory traffic; of collectives and hops, bytes on the wire.
[[nodiscard]] double bytes_of(const Operation& operation);
/// Of one execution: KV read and written, a part of `bytes_of`.
[[nodiscard]] double kv_bytes_of(const Operation& operation);
/// What the operation does on: "m 512 n 6144 k 4096". For people.
[[nodiscard]] std::string shape_text(const Operation& operation);

}  // namespace cleave
