#include "sim/workload/trace/trace_convert.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <unordered_map>

#include "models/units/error.h"
#include "sim/workload/block_keys.h"
#include "sim/workload/trace/span_text.h"

namespace cleave {

namespace {

constexpr Tokens kMooncakeBlock{512};

// A file that is renamed to its name when it is whole, and removed when it never becomes so.
class WholeFile {
 public:
  explicit WholeFile(const std::string& file) : file_(file), part_(file + ".part") {
    stream_ = gzopen(part_.c_str(), file.ends_with(".gz") ? "wb" : "wbT");  // T: no compression
    if (stream_ == nullptr) fail();
  }
  ~WholeFile() {
    if (stream_ != nullptr) gzclose(stream_);
    std::error_code ignored;
    if (!whole_) std::filesystem::remove(part_, ignored);
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  void write(const std::string& text) {
    if (!text.empty() && gzwrite(stream_, text.data(), static_cast<unsigned>(text.size())) <= 0) fail();
  }
  void finish() {
    gzFile stream = stream_;
    stream_ = nullptr;
    if (gzclose(stream) != Z_OK) fail();
    std::filesystem::rename(part_, file_);
    whole_ = true;
  }

 private:
  [[noreturn]] void fail() const {
    throw ConfigError(fmt::format("{}: cannot be written: {}", file_, std::strerror(errno)));
  }
  std::string file_;
  std::string part_;
  gzFile stream_ = nullptr;
  bool whole_ = false;
};

// "12.000000001": exact, without trailing zeros.
void append_seconds(Duration time, std::string& out) {
  const std::int64_t ns = time.count();
  fmt::format_to(std::back_inserter(out), "{}", ns / 1'000'000'000);
  if (ns % 1'000'000'000 == 0) return;
  fmt::format_to(std::back_inserter(out), ".{:09}", ns % 1'000'000'000);
  out.erase(out.find_last_not_of('0') + 1);
}

bool is_all_fresh(const std::vector<Span>& prompt) {
  return prompt.size() == 1 && SegmentNames::is_fresh(prompt.front().segment);
}

void append_cleave(const TraceRecord& record, std::string& out) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{},", record.number);
  if (record.session) fmt::format_to(to, "{}", *record.session);
  out += ',';
  if (record.parent) fmt::format_to(to, "{}", *record.parent);
  out += ',';
  if (!record.parent) append_seconds(record.at, out);
  out += ',';
  if (record.parent) append_seconds(record.at, out);
  fmt::format_to(to, ",{},{},", record.input.value(), record.output.value());
  if (!is_all_fresh(record.prompt)) format_spans(record.prompt, out);
  out += '\n';
}

// Names 512-token blocks by their chained keys, in order of first appearance.
class MooncakeWriter {
 public:
  void append(TraceRecord& record, std::string& out) {
    auto to = std::back_inserter(out);
    out += "{\"timestamp\": ";
    append_milliseconds(record.at, out);
    fmt::format_to(to, ", \"input_length\": {}, \"output_length\": {}, \"hash_ids\": [", record.input.value(),
                   record.output.value());
    pad_last_block(record);
    keys_.clear();
    chain_.prompt_keys(record.prompt, keys_);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const auto id = ids_.try_emplace(static_cast<std::uint64_t>(keys_[i]), ids_.size()).first->second;
      fmt::format_to(to, "{}{}", i == 0 ? "" : ", ", id);
    }
    out += ']';
    if (record.session) fmt::format_to(to, ", \"session\": {}", *record.session);
    out += "}\n";
  }

 private:
  // A partial block has no key, but Mooncake names it: padded with text that no trace holds, it gets one.
  static void pad_last_block(TraceRecord& record) {
    const std::int64_t over = record.input.value() % kMooncakeBlock.value();
    if (over == 0) return;
    const auto missing = static_cast<std::uint32_t>(kMooncakeBlock.value() - over);
    append_span(record.prompt, {SegmentId::given((1ULL << 62) - 1), 0, missing});
  }
  static void append_milliseconds(Duration time, std::string& out) {
    const std::int64_t ns = time.count();
    fmt::format_to(std::back_inserter(out), "{}", ns / 1'000'000);
    if (ns % 1'000'000 == 0) return;
    fmt::format_to(std::back_inserter(out), ".{:06}", ns % 1'000'000);
    out.erase(out.find_last_not_of('0') + 1);
  }

  BlockKeyChain chain_{0, kMooncakeBlock};
  std::vector<BlockKey> keys_;
  std::unordered_map<std::uint64_t, std::uint64_t> ids_;
};

void check_target(const std::string& file, TraceFormat to, bool force) {
  if (to != TraceFormat::cleave && to != TraceFormat::mooncake) {
    throw ConfigError(fmt::format("--to: got \"{}\", expected cleave or mooncake", format_name(to)));
  }
  if (!force && std::filesystem::exists(file)) {
    throw ConfigError(fmt::format("{}: exists already, expected a new file (or --force)", file));
  }
}

}  // namespace

std::uint64_t convert_trace(TraceReader& reader, const std::string& file, TraceFormat to, bool force) {
  check_target(file, to, force);
  WholeFile target(file);
  MooncakeWriter mooncake;
  TraceRecord record;
  std::string text;
  if (to == TraceFormat::cleave) text.append(kCleaveHeader).append("\n");
  std::uint64_t records = 0;
  for (; reader.next(record); ++records) {
    if (to == TraceFormat::cleave) {
      append_cleave(record, text);
    } else if (!record.parent) {
      mooncake.append(record, text);
    } else {
      throw ConfigError(
          fmt::format("--to: got \"mooncake\", but request {} (line {}) waits for an answer, which that "
                      "format cannot say; expected cleave",
                      record.number, record.line));
    }
    target.write(text);
    text.clear();
  }
  target.write(text);
  target.finish();
  return records;
}

}  // namespace cleave
