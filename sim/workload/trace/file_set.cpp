#include "sim/workload/trace/file_set.h"

#include <fmt/format.h>
#include <lzma.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "models/units/error.h"
#include "sim/workload/trace/cannot_open.h"

namespace cleave {

namespace {

using Wanted = std::function<bool(std::string_view)>;
using Use = std::function<void(std::string_view, std::string_view)>;

// Decompresses an .xz file piece by piece.
class XzReader {
 public:
  explicit XzReader(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "rb"), &std::fclose) {
    if (file_ == nullptr) {
      throw ConfigError(fmt::format("{}: {}", path, cannot_open(path, errno)));
    }
    if (lzma_stream_decoder(&stream_, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) {
      throw ConfigError(fmt::format("{}: no memory to decompress it", path));
    }
  }
  ~XzReader() { lzma_end(&stream_); }
  XzReader(const XzReader&) = delete;
  XzReader& operator=(const XzReader&) = delete;

  /// Reads up to `size` bytes; fewer only at the end.
  std::size_t read(char* to, std::size_t size) {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(to);
    stream_.avail_out = size;
    while (stream_.avail_out > 0 && !at_end_) {
      if (stream_.avail_in == 0 && !input_ended_) fill();
      const lzma_ret result = lzma_code(&stream_, input_ended_ ? LZMA_FINISH : LZMA_RUN);
      if (result == LZMA_STREAM_END) {
        at_end_ = true;
      } else if (result != LZMA_OK) {
        throw ConfigError(
            fmt::format("{}: {}", path_,
                        result == LZMA_FORMAT_ERROR ? "is not an xz file" : "the xz stream is truncated or corrupt"));
      }
    }
    return size - stream_.avail_out;
  }

 private:
  void fill() {
    const std::size_t got = std::fread(input_.data(), 1, input_.size(), file_.get());
    stream_.next_in = input_.data();
    stream_.avail_in = got;
    input_ended_ = got < input_.size();
  }

  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::array<std::uint8_t, 1 << 16> input_{};
  bool input_ended_ = false;
  bool at_end_ = false;
};

// The fields of a POSIX ustar header that matter here. Source: POSIX.1-2017, pax, "ustar Interchange Format".
constexpr std::size_t kTarBlock = 512;
struct TarHeader {
  std::array<char, kTarBlock> bytes{};
  [[nodiscard]] bool is_end() const {
    return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
  }
  [[nodiscard]] std::string_view field(std::size_t begin, std::size_t length) const {
    const std::string_view all(bytes.data() + begin, length);
    return all.substr(0, all.find('\0'));
  }
  [[nodiscard]] std::string name() const {
    const std::string_view prefix = field(345, 155);
    return prefix.empty() ? std::string(field(0, 100)) : fmt::format("{}/{}", prefix, field(0, 100));
  }
  [[nodiscard]] bool is_file() const { return bytes[156] == '0' || bytes[156] == 0; }
  [[nodiscard]] std::size_t size() const {
    std::size_t value = 0;
    for (const char c : field(124, 12)) {
      if (c >= '0' && c <= '7') value = value * 8 + static_cast<std::size_t>(c - '0');
    }
    return value;
  }
};

void walk_archive(const std::string& path, const Wanted& wanted, const Use& use) {
  const auto archive = std::make_unique<XzReader>(path);
  const auto truncated = [&] { return ConfigError(fmt::format("{}: the tar archive is truncated", path)); };
  TarHeader header;
  std::vector<char> content;
  while (archive->read(header.bytes.data(), kTarBlock) == kTarBlock) {
    if (header.is_end()) return;
    const std::size_t size = header.size();
    content.resize((size + kTarBlock - 1) / kTarBlock * kTarBlock);
    if (archive->read(content.data(), content.size()) != content.size()) throw truncated();
    const std::string name = header.name();
    if (header.is_file() && wanted(name)) use(name, {content.data(), size});
  }
  throw truncated();
}

void walk_folder(const std::filesystem::path& folder, const Wanted& wanted, const Use& use) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && wanted(entry.path().lexically_relative(folder).generic_string())) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw ConfigError(fmt::format("{}: {}", file.string(), cannot_open(file.string(), errno)));
    const std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    use(file.lexically_relative(folder).generic_string(), content);
  }
}

}  // namespace

void for_each_file(const std::string& path, const Wanted& wanted, const Use& use) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    walk_folder(path, wanted, use);
  } else {
    walk_archive(path, wanted, use);
  }
}

}  // namespace cleave
