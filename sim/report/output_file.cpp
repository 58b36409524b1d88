#include "sim/report/output_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace cleave {

OutputFile::OutputFile(std::filesystem::path path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb")) {
  if (!file_) fail(errno);
  buffer_.reserve(kFull + kFull / 4);
}

void OutputFile::flush() {
  if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size()) fail(errno);
  buffer_.clear();
}

void OutputFile::close() {
  flush();
  if (std::fclose(file_.release()) != 0) fail(errno);
}

void OutputFile::fail(int error) const {
  throw std::system_error(error, std::generic_category(), "cannot write " + path_.string());
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  OutputFile file(path);
  file.buffer() = text;
  file.close();
}

}  // namespace cleave
