#include "sim/study/sweep/tree_field.h"

namespace cleave {

nlohmann::ordered_json json_of_tree(const Tree& tree) {
  using Json = nlohmann::ordered_json;
  switch (tree.kind) {
    case Tree::Kind::null:
      return nullptr;
    case Tree::Kind::list: {
      Json list = Json::array();
      for (const Tree& item : tree.items) list.push_back(json_of_tree(item));
      return list;
    }
    case Tree::Kind::map: {
      Json object = Json::object();
      for (const TreeEntry& entry : tree.entries) object[entry.key] = json_of_tree(entry.value);
      return object;
    }
    case Tree::Kind::scalar:
      break;
  }
  if (tree.quoted) return tree.scalar;
  if (tree.scalar == "true") return true;
  if (tree.scalar == "false") return false;
  Json number = Json::parse(tree.scalar, nullptr, false);
  return number.is_number() ? number : Json(tree.scalar);
}

std::string one_line(const Tree& tree) {
  const nlohmann::ordered_json value = json_of_tree(tree);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace cleave
