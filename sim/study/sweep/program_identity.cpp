#include "sim/study/sweep/program_identity.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <cstring>

#include "sim/scenario/yaml_parser.h"
#include "sim/study/sweep/family.h"

namespace cleave {
namespace {

constexpr std::size_t kDigits = 12;

constexpr std::size_t padded(std::size_t size) {
  return (size + 3) / 4 * 4;  // notes are aligned to four bytes
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

/// The build id among the notes of one segment; empty when it is not there.
std::string build_id_in(const unsigned char* at, std::size_t size) {
  std::size_t offset = 0;
  while (offset + sizeof(ElfW(Nhdr)) <= size) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at + offset, sizeof note);
    const std::size_t name = offset + sizeof note;
    const std::size_t content = name + padded(note.n_namesz);
    if (content + note.n_descsz > size) return {};
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(at + name, "GNU", 4) == 0) {
      return hex(at + content, note.n_descsz);
    }
    offset = content + padded(note.n_descsz);
  }
  return {};
}

/// Looks at the first object only: the program itself.
int look(dl_phdr_info* info, std::size_t, void* result) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* notes = reinterpret_cast<const unsigned char*>(info->dlpi_addr + segment.p_vaddr);
    std::string id = build_id_in(notes, segment.p_memsz);
    if (!id.empty()) *static_cast<std::string*>(result) = std::move(id);
  }
  return 1;
}

}  // namespace

std::string program_identity(std::string_view version) {
  std::string id;
  ::dl_iterate_phdr(look, &id);
  if (id.empty()) id = text_hash(read_text_file("/proc/self/exe").value_or(""));
  return fmt::format("{}+{}", version, id.substr(0, kDigits));
}

}  // namespace cleave
