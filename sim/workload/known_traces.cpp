#include "sim/workload/known_traces.h"

#include <array>

namespace cleave {
namespace {

constexpr std::string_view kKvCacheTester =
    "derived from the sessions of https://github.com/callanjfox/kv-cache-tester, commit 94f6046d";

constexpr std::array kKnownTraces{
    KnownTrace{
        "mooncake_conversation_trace.jsonl",
        "https://github.com/kvcache-ai/Mooncake, FAST25-release/traces/conversation_trace.jsonl, commit 3b5a5941",
        "b8cbb061a85206d729d91cdc2981f43c9e0d99209dce588d3af5f7934408b9df", "Apache-2.0"},
    KnownTrace{
        "conversation_trace.jsonl",
        "https://github.com/kvcache-ai/Mooncake, FAST25-release/traces/conversation_trace.jsonl, commit 3b5a5941",
        "b8cbb061a85206d729d91cdc2981f43c9e0d99209dce588d3af5f7934408b9df", "Apache-2.0"},
    KnownTrace{"agentic_sessions_dev.jsonl", kKvCacheTester,
               "c10eb5ff04a5cabeb1ec0da8553d4fc9e1ccd3083b8f58ea07f2602b3d9cc52c", "Apache-2.0"},
    KnownTrace{"agentic512_dev_trace.jsonl", kKvCacheTester,
               "b4df867c3dd3248f18e18d3aa7e9b26e1036103e6bf7ba8bc9115f3f90ad5bc3", "Apache-2.0"},
    KnownTrace{"azure2023_conv.csv",
               "https://github.com/Azure/AzurePublicDataset, data/AzureLLMInferenceTrace_conv.csv",
               "2f1e5b666d4e3055fdbba98598ce2ec307767b9064e03e2fa46676dbcc7d0bf8", "CC-BY-4.0"},
    KnownTrace{"AzureLLMInferenceTrace_conv.csv",
               "https://github.com/Azure/AzurePublicDataset, data/AzureLLMInferenceTrace_conv.csv",
               "2f1e5b666d4e3055fdbba98598ce2ec307767b9064e03e2fa46676dbcc7d0bf8", "CC-BY-4.0"},
    KnownTrace{"servegen_mlarge_rates_and_deepseekr1.tar.xz",
               "rate windows and histograms of https://github.com/alibaba/ServeGen, commit f891d118",
               "ab095427c600d801ba507b293f4d037848af0d530fc3f8cceaea8ed2184581e2", "Apache-2.0"},
    KnownTrace{"vidur_arxiv_summarization_lengths.csv", "token lengths of https://github.com/microsoft/vidur",
               "9d3580538d915ca75e4aaaa54590b42dbb17abc6d74c8913310cf07c232adcdc", "MIT"},
};

}  // namespace

std::span<const KnownTrace> known_traces() {
  return kKnownTraces;
}

const KnownTrace* find_known_trace(std::string_view file_name) {
  if (file_name.ends_with(".gz")) file_name.remove_suffix(3);
  for (const KnownTrace& trace : kKnownTraces) {
    if (trace.file == file_name) return &trace;
  }
  return nullptr;
}

}  // namespace cleave
