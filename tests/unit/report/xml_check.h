#pragma once
// Enough of an XML reader to say whether a document is well formed.

#include <string>
#include <string_view>
#include <vector>

namespace cleave::fixture {

/// What is wrong with the document, with its position; empty when it is well formed.
class XmlCheck {
 public:
  explicit XmlCheck(std::string_view text) : text_(text) {}

  std::string run() {
    if (text_.starts_with("<!DOCTYPE html>")) at_ = text_.find('>') + 1;
    while (problem_.empty() && at_ < text_.size()) {
      if (text_[at_] == '<') {
        tag();
      } else {
        character();
      }
    }
    if (problem_.empty() && !open_.empty()) fail("never closed: " + open_.back());
    if (problem_.empty() && roots_ != 1) fail("not one root");
    return problem_;
  }

 private:
  void fail(const std::string& what) {
    if (problem_.empty()) {
      problem_ = what + " at " + std::to_string(at_) + ": " + std::string(text_.substr(at_, 60));
    }
  }

  void character() {
    const char c = text_[at_];
    if (c == '&') {
      const auto end = text_.find(';', at_);
      const auto entity = text_.substr(at_, end - at_ + 1);
      if (entity != "&amp;" && entity != "&lt;" && entity != "&gt;" && entity != "&quot;" && entity != "&#39;") {
        return fail("bad entity");
      }
      at_ = end;
    } else if (c == '>' && (open_.empty() || open_.back() != "style")) {
      return fail("bare >");
    } else if (open_.empty() && c != '\n') {
      return fail("text outside the root");
    }
    ++at_;
  }

  std::string name() {
    const auto begin = at_;
    while (at_ < text_.size() && (isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-')) ++at_;
    if (at_ == begin) fail("no name");
    return std::string(text_.substr(begin, at_ - begin));
  }

  void tag() {
    ++at_;
    const bool closes = text_[at_] == '/';
    if (closes) ++at_;
    const std::string element = name();
    if (closes) {
      if (open_.empty() || open_.back() != element) return fail("closes what is not open: " + element);
      open_.pop_back();
      if (text_[at_] != '>') return fail("unfinished end tag");
      ++at_;
      return;
    }
    if (open_.empty()) ++roots_;
    attributes();
    if (text_.substr(at_, 2) == "/>") {
      at_ += 2;
    } else if (text_.substr(at_, 1) == ">") {
      ++at_;
      open_.push_back(element);
    } else {
      fail("unfinished tag");
    }
  }

  void attributes() {
    std::vector<std::string> seen;
    while (problem_.empty() && text_.substr(at_, 1) == " ") {
      ++at_;
      const std::string attribute = name();
      for (const auto& other : seen) {
        if (other == attribute) fail("attribute twice");
      }
      seen.push_back(attribute);
      if (text_.substr(at_, 2) != "=\"") return fail("attribute without quotes");
      const auto end = text_.find('"', at_ + 2);
      if (end == std::string_view::npos) return fail("attribute never ends");
      if (text_.substr(at_, end - at_).find('<') != std::string_view::npos) return fail("< in an attribute");
      at_ = end + 1;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int roots_ = 0;
  std::vector<std::string> open_;
  std::string problem_;
};

}  // namespace cleave::fixture
