#include "json.hpp"

#include <cstdlib>

#include "vernier/runner.hpp"

namespace vernier {
namespace {

constexpr int kDeepest = 32;

class Parser {
 public:
  Parser(const std::string& content, const std::string& origin) : at_(content.c_str()), origin_(origin) {
    end_ = at_ + content.size();
  }

  Json whole() {
    Json value = any(0);
    space();
    if (at_ != end_) fail("nothing more");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    const std::string found = at_ < end_ ? std::string(at_, 1) : "the end";
    throw Error(origin_ + ": expected JSON, with " + expected + " where there is " + found);
  }

  void space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool take(char wanted) {
    space();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  bool word(const char* wanted) {
    const std::string text(wanted);
    if (static_cast<size_t>(end_ - at_) < text.size() || text.compare(0, text.size(), at_, text.size()))
      return false;
    at_ += text.size();
    return true;
  }

  Json any(int depth) {
    if (depth > kDeepest) fail("fewer levels");
    Json value;
    space();
    if (take('{')) {
      value.kind = Json::object;
      while (!take('}')) {
        if (!value.members.empty() && !take(',')) fail("a comma");
        space();
        const std::string name = quoted();
        if (!take(':')) fail("a colon");
        value.members[name] = any(depth + 1);
      }
    } else if (take('[')) {
      value.kind = Json::list;
      while (!take(']')) {
        if (!value.items.empty() && !take(',')) fail("a comma");
        value.items.push_back(any(depth + 1));
      }
    } else if (at_ < end_ && *at_ == '"') {
      value.kind = Json::text;
      value.string = quoted();
    } else if (word("null")) {
    } else if (word("true") || word("false")) {
      value.kind = Json::boolean;
      value.real = at_[-1] == 'e' && at_[-2] == 'u';
    } else {
      char* after = nullptr;
      value.kind = Json::number;
      value.real = std::strtod(at_, &after);
      if (after == at_) fail("a value");
      at_ = after;
    }
    return value;
  }

  unsigned hexadecimal() {
    unsigned code = 0;
    for (int digit = 0; digit < 4; ++digit, ++at_) {
      if (at_ == end_) fail("four digits");
      const char c = *at_;
      if (c >= '0' && c <= '9')
        code = code * 16 + unsigned(c - '0');
      else if (c >= 'a' && c <= 'f')
        code = code * 16 + unsigned(c - 'a' + 10);
      else if (c >= 'A' && c <= 'F')
        code = code * 16 + unsigned(c - 'A' + 10);
      else
        fail("four digits");
    }
    return code;
  }

  void append(std::string& text, unsigned code) {
    if (code < 0x80)
      text += char(code);
    else if (code < 0x800)
      (text += char(0xc0 | code >> 6)) += char(0x80 | (code & 63));
    else
      ((text += char(0xe0 | code >> 12)) += char(0x80 | (code >> 6 & 63))) += char(0x80 | (code & 63));
  }

  std::string quoted() {
    if (at_ == end_ || *at_ != '"') fail("a quoted name");
    ++at_;
    std::string text;
    while (at_ < end_ && *at_ != '"') {
      if (*at_ != '\\') {
        text += *at_++;
        continue;
      }
      if (++at_ == end_) break;
      const char escaped = *at_++;
      switch (escaped) {
        case 'n':
          text += '\n';
          break;
        case 't':
          text += '\t';
          break;
        case 'r':
          text += '\r';
          break;
        case 'b':
          text += '\b';
          break;
        case 'f':
          text += '\f';
          break;
        case 'u':
          append(text, hexadecimal());
          break;
        default:
          text += escaped;
      }
    }
    if (at_ == end_) fail("a quote");
    ++at_;
    return text;
  }

  const char* at_;
  const char* end_;
  std::string origin_;
};

}  // namespace

const Json& Json::operator[](const std::string& name) const {
  static const Json absent;
  const auto found = members.find(name);
  return found == members.end() ? absent : found->second;
}

Json parse_json(const std::string& content, const std::string& origin) {
  return Parser(content, origin).whole();
}

}  // namespace vernier
