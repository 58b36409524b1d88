#include "sim/workload/trace/public_sources.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>

namespace cleave {

namespace {

struct PublicSource {
  std::string_view file;
  std::string_view source;
  std::string_view sha256;  // of the file under this name
};

constexpr PublicSource kSources[] = {
    {"mooncake_conversation_trace.jsonl.gz",
     "github kvcache-ai/Mooncake, FAST25-release/traces/conversation_trace.jsonl at commit 3b5a5941, compressed",
     "ac96c258a9f433fdf3ea33dcda7d85123cfbcd789b07a3db221788487815c3d6"},
    {"agentic_sessions_dev.jsonl.gz", "github callanjfox/kv-cache-tester at commit 94f6046d, run-length coded",
     "587525bfe38d2575b5aee5a41e8b82d2da6004f05195b831641ee2f7f1f6e6b0"},
    {"agentic512_dev_trace.jsonl.gz",
     "github callanjfox/kv-cache-tester at commit 94f6046d, merged on one clock in 512-token blocks",
     "83dee0bf713bb9833388d48db624c47d51561613ac1616ef3549c7dca28697ed"},
    {"azure2023_conv.csv.gz", "github Azure/AzurePublicDataset, AzureLLMInferenceTrace_conv.csv (2023), compressed",
     "ecb18aba05cceded06c1ce680176246eab4fd592385be9607d0777dd0bf9e0bd"},
    {"servegen_mlarge_rates_and_deepseekr1.tar.xz",
     "github alibaba/ServeGen at commit f891d118, data/language/m-large and data/reason/deepseek-r1",
     "ab095427c600d801ba507b293f4d037848af0d530fc3f8cceaea8ed2184581e2"},
};

}  // namespace

std::string where_to_get(const std::string& file) {
  const std::string name = std::filesystem::path(file).filename().string();
  for (const PublicSource& known : kSources) {
    if (name == known.file) return fmt::format(" (public source: {}; sha256 {})", known.source, known.sha256);
  }
  return {};
}

}  // namespace cleave
