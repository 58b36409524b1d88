// Files are known by what they hold.

#include "sim/study/sweep/content_hash.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string_view>

namespace cleave {
namespace {

namespace fs = std::filesystem;

std::uint64_t hash_of(std::string_view text) {
  return xxh64(std::as_bytes(std::span(text)));
}

/// An empty folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "cleave-content-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }
  void write(const char* name, std::string_view text) const { std::ofstream(path_ / name) << text; }

 private:
  fs::path path_;
};

}  // namespace

// Source: test vectors of the reference implementation (xxhsum -H1).
TEST_CASE("XXH64 of known texts") {
  CHECK(hash_of("") == 0xef46db3751d8e999ULL);
  CHECK(hash_of("a") == 0xd24ec4f1a98c6e5bULL);
  CHECK(hash_of("abc") == 0x44bc2cf5ad770999ULL);
  CHECK(hash_of("Nobody inspects the spammish repetition") == 0xfbcea83c8a378bf1ULL);
}

TEST_CASE("a file is known by its content, not by its place") {
  const Folder folder;
  folder.write("a", "one");
  folder.write("b", "one");
  folder.write("c", "two");
  folder.write("empty", "");
  ContentHashes hashes;
  CHECK(hashes.of(folder.path() / "a") == hashes.of(folder.path() / "b"));
  CHECK(hashes.of(folder.path() / "a") != hashes.of(folder.path() / "c"));
  CHECK(hashes.of(folder.path() / "empty") == "0-ef46db3751d8e999");
  CHECK_THROWS_AS(hashes.of(folder.path() / "absent"), std::system_error);
}

TEST_CASE("a folder is known by its files: a changed byte or name is another folder") {
  const Folder folder;
  folder.write("a", "one");
  folder.write("b", "two");
  const std::string before = ContentHashes().of(folder.path());
  CHECK(ContentHashes().of(folder.path()) == before);
  folder.write("b", "tWo");
  CHECK(ContentHashes().of(folder.path()) != before);
  folder.write("b", "two");
  CHECK(ContentHashes().of(folder.path()) == before);
  fs::rename(folder.path() / "b", folder.path() / "c");
  CHECK(ContentHashes().of(folder.path()) != before);
}

}  // namespace cleave
