#include "sim/app/batch_text.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "models/units/error.h"

namespace cleave {
namespace {

std::int64_t number(std::string_view text, std::string_view item, std::int64_t least) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > 1'000'000'000) {
    throw ConfigError(fmt::format(
        "--batch: got `{}`, expected TOKENS or TOKENS@CONTEXT of a prompt, or COUNTxCONTEXT of decodes", item));
  }
  return value;
}

void add_item(WrittenBatch& out, std::string_view item) {
  if (const auto by = item.find('x'); by != std::string_view::npos) {
    const std::int64_t count = number(item.substr(0, by), item, 1);
    const std::int64_t context = number(item.substr(by + 1), item, 1);
    out.shape.decodes += count;
    out.shape.decode_context += Tokens{count * context};
    out.shape.decode_longest = std::max(out.shape.decode_longest, Tokens{context});
    out.shape.decode_context_squares +=
        static_cast<double>(count) * static_cast<double>(context) * static_cast<double>(context);
    return;
  }
  const auto at = item.find('@');
  const std::int64_t tokens = number(item.substr(0, at), item, 1);
  const std::int64_t context = at == std::string_view::npos ? 0 : number(item.substr(at + 1), item, 0);
  out.prefills.push_back({Tokens{tokens}, Tokens{context}});
}

}  // namespace

WrittenBatch parse_batch(std::string_view text) {
  WrittenBatch out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    add_item(out, text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

}  // namespace cleave
