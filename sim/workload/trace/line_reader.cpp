#include "sim/workload/trace/line_reader.h"

#include <simdjson.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "sim/workload/trace/cannot_open.h"

namespace cleave {

namespace {

constexpr std::size_t kFirstBuffer = 1 << 18;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

struct LineReader::File {
  gzFile stream = nullptr;  // zlib passes plain files through
  ~File() {
    if (stream != nullptr) gzclose(stream);
  }
};

LineReader::LineReader(const std::string& file, Problems& problems)
    : problems_(problems), file_(std::make_unique<File>()), buffer_(kFirstBuffer) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    problems_.add("is a folder, expected a file");
    at_end_ = true;
    return;
  }
  file_->stream = gzopen(file.c_str(), "rb");
  if (file_->stream == nullptr) {
    const int reason = errno;
    problems_.add(cannot_open(file, reason));
    at_end_ = true;
    return;
  }
  gzbuffer(file_->stream, 1 << 17);
}

LineReader::~LineReader() = default;

bool LineReader::refill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const int got = gzread(file_->stream, buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
  int code = Z_OK;
  const char* reason = gzerror(file_->stream, &code);
  if (got > 0) end_ += static_cast<std::size_t>(got);
  if (code == Z_BUF_ERROR) {
    at_end_ = true;
    problems_.add_at(number_ + 1, "the gzip stream ends early: the file is truncated");
  } else if (got < 0) {
    at_end_ = true;
    problems_.add_at(number_ + 1, fmt::format("cannot be read: {}", code == Z_ERRNO ? std::strerror(errno) : reason));
  } else if (got == 0) {
    at_end_ = true;
  }
  return got > 0;
}

bool LineReader::next_raw() {
  std::size_t searched = 0;
  for (;;) {
    const char* start = buffer_.data() + begin_;
    const std::size_t held = end_ - begin_;
    if (const void* newline = std::memchr(start + searched, '\n', held - searched); newline != nullptr) {
      text_ = {start, static_cast<std::size_t>(static_cast<const char*>(newline) - start)};
      begin_ += text_.size() + 1;
      break;
    }
    searched = held;
    if (refill()) continue;
    if (held == 0) return false;
    text_ = {buffer_.data() + begin_, held};
    begin_ = end_;
    break;
  }
  ++number_;
  if (number_ == 1 && text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  if (text_.ends_with('\r')) text_.remove_suffix(1);
  return true;
}

bool LineReader::next() {
  while (next_raw()) {
    if (text_.empty()) {
      problems_.add_at(number_, "empty line, expected a record");
    } else if (!simdjson::validate_utf8(text_.data(), text_.size())) {
      problems_.add(number_, "line", text_, "text in UTF-8");
    } else {
      return true;
    }
  }
  return false;
}

}  // namespace cleave
