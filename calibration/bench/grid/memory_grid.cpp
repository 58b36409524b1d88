#include "calibration/bench/grid/grids.h"

namespace cleave::bench {

ProbeSpec elementwise_spec() {
  ProbeSpec spec;
  spec.name = "elementwise";
  spec.table = "elementwise_perf";
  spec.summary = "fused add and RMS norm, rotary with KV write, SiLU and multiply";
  spec.grid.axes = {"kernel_source", "op_name", "dtype", "num_tokens", "width"};
  spec.rule = {.min_repeats = 5, .max_repeats = 40, .relative_error = 0.01, .max_seconds = 0.02};
  for (const char* op : {"add_rms_norm", "rotary_kv_write", "silu_mul"}) {
    for (const std::int64_t tokens : {1, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}) {
      for (const std::int64_t width : {1024, 2048, 4096, 8192, 14336}) {
        spec.grid.add({std::string("cleave"), std::string(op), std::string("bfloat16"), tokens, width});
      }
    }
  }
  return spec;
}

ProbeSpec kv_blocks_spec() {
  ProbeSpec spec;
  spec.name = "kv_blocks";
  spec.table = "kv_block_perf";
  spec.summary = "KV blocks gathered, scattered, quantised to FP8 and back";
  spec.grid.axes = {"kernel_source", "op_name", "block_bytes", "blocks"};
  spec.rule = {.min_repeats = 5, .max_repeats = 40, .relative_error = 0.01, .max_seconds = 0.02};
  for (const char* op : {"gather", "scatter", "quantise", "dequantise"}) {
    for (const std::int64_t kib : {4, 16, 64, 256, 1024, 4096}) {
      for (const std::int64_t blocks : {1, 8, 64, 512, 4096, 32768}) {
        if (kib * blocks > (std::int64_t{2} << 20)) continue;  // 2 GiB
        spec.grid.add({std::string("cleave"), std::string(op), kib << 10, blocks});
      }
    }
  }
  return spec;
}

ProbeSpec copies_spec() {
  ProbeSpec spec;
  spec.name = "copies";
  spec.table = "copy_perf";
  spec.summary = "host to device, back, and within the device, by block size and count";
  spec.grid.axes = {"direction", "layout", "block_bytes", "blocks"};
  spec.rule = {.min_repeats = 4, .max_repeats = 30, .relative_error = 0.01, .max_seconds = 0.06};
  // contiguous: one copy of all blocks. scattered: a copy a block. batched: one call that names every block.
  for (const char* direction : {"host_to_device", "device_to_host", "device_to_device"}) {
    for (const char* layout : {"contiguous", "scattered", "batched"}) {
      for (const std::int64_t kib : {4, 16, 64, 256, 1024, 4096, 16384}) {
        for (const std::int64_t blocks : {1, 4, 16, 64, 256, 1024, 4096}) {
          if (kib * blocks > (std::int64_t{1} << 19)) continue;  // 512 MiB
          spec.grid.add({std::string(direction), std::string(layout), kib << 10, blocks});
        }
      }
    }
  }
  return spec;
}

ProbeSpec launch_spec() {
  ProbeSpec spec;
  spec.name = "launch";
  spec.table = "launch_perf";
  spec.summary = "empty kernels: host time to launch, and device time a kernel in a stream or a graph";
  spec.grid.axes = {"op_name", "kernels"};
  spec.rule = {.min_repeats = 20, .max_repeats = 200, .relative_error = 0.01, .max_seconds = 0.05};
  for (const char* op : {"stream_host", "stream_total", "graph_host", "graph_total"}) {
    for (const std::int64_t kernels : {1, 8, 64, 256, 512}) spec.grid.add({std::string(op), kernels});
  }
  return spec;
}

}  // namespace cleave::bench
