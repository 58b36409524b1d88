#include "sim/study/sweep/content_hash.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace cleave {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "lanes are read as they lie in memory");

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87ULL;
constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4FULL;
constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9ULL;
constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63ULL;
constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5ULL;
constexpr std::size_t kStripe = 32;

template <class Lane>
std::uint64_t lane_at(std::span<const std::byte> bytes) {
  Lane lane{};
  std::memcpy(&lane, bytes.data(), sizeof lane);
  return lane;
}

std::uint64_t rounded(std::uint64_t accumulator, std::uint64_t lane) {
  return std::rotl(accumulator + lane * kPrime2, 31) * kPrime1;
}

/// Whole stripes of four lanes; takes them off the front.
std::uint64_t of_stripes(std::span<const std::byte>& bytes) {
  std::array<std::uint64_t, 4> a{kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
  for (; bytes.size() >= kStripe; bytes = bytes.subspan(kStripe)) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = rounded(a[i], lane_at<std::uint64_t>(bytes.subspan(8 * i)));
  }
  std::uint64_t h = std::rotl(a[0], 1) + std::rotl(a[1], 7) + std::rotl(a[2], 12) + std::rotl(a[3], 18);
  for (const std::uint64_t accumulator : a) h = (h ^ rounded(0, accumulator)) * kPrime1 + kPrime4;
  return h;
}

/// A file as memory, for as long as this lives.
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    const bool read = fd >= 0 && ::fstat(fd, &status) == 0;
    if (read && status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      start_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!read || start_ == MAP_FAILED) throw std::system_error(error, std::generic_category(), path.string());
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (size_ > 0) ::munmap(start_, size_);
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(start_), size_}; }

 private:
  void* start_ = nullptr;
  std::size_t size_ = 0;
};

std::string hash_text(std::span<const std::byte> bytes) {
  return fmt::format("{}-{:016x}", bytes.size(), xxh64(bytes));
}

std::string hash_of_file(const fs::path& path) {
  return hash_text(MappedFile(path).bytes());
}

std::string hash_of_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string listing;
  for (const fs::path& file : files) {
    listing += fmt::format("{} {}\n", file.lexically_relative(folder).generic_string(), hash_of_file(file));
  }
  return hash_text(std::as_bytes(std::span(listing)));
}

}  // namespace

std::uint64_t xxh64(std::span<const std::byte> bytes) {
  const std::uint64_t size = bytes.size();
  std::uint64_t h = (size >= kStripe ? of_stripes(bytes) : kPrime5) + size;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    h = std::rotl(h ^ rounded(0, lane_at<std::uint64_t>(bytes)), 27) * kPrime1 + kPrime4;
  }
  if (bytes.size() >= 4) {
    h = std::rotl(h ^ lane_at<std::uint32_t>(bytes) * kPrime1, 23) * kPrime2 + kPrime3;
    bytes = bytes.subspan(4);
  }
  for (const std::byte byte : bytes) h = std::rotl(h ^ std::to_integer<std::uint64_t>(byte) * kPrime5, 11) * kPrime1;
  h = (h ^ (h >> 33)) * kPrime2;
  h = (h ^ (h >> 29)) * kPrime3;
  return h ^ (h >> 32);
}

const std::string& ContentHashes::of(const fs::path& path) {
  const auto found = known_.find(path);
  if (found != known_.end()) return found->second;
  return known_.emplace(path, fs::is_directory(path) ? hash_of_folder(path) : hash_of_file(path)).first->second;
}

}  // namespace cleave
