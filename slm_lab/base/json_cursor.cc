#include "slm_lab/base/json_cursor.h"

#include <fmt/format.h>

#include <charconv>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | ((code >> shift) & 0x3f))); };
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (code >> 6)));
    tail(0);
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (code >> 12)));
    tail(6), tail(0);
  } else {
    out.push_back(static_cast<char>(0xf0 | (code >> 18)));
    tail(12), tail(6), tail(0);
  }
}

}  // namespace

void JsonCursor::object(const std::function<void(const std::string& key)>& member) {
  expect('{');
  if (accept('}')) return;
  do {
    const std::string key = string();
    expect(':');
    member(key);
  } while (accept(','));
  expect('}');
}

void JsonCursor::array(const std::function<void()>& element) {
  expect('[');
  if (accept(']')) return;
  do element();
  while (accept(','));
  expect(']');
}

std::string JsonCursor::string() {
  expect('"');
  std::string out;
  for (;;) {
    if (at_ == text_.size()) refuse("a string without an end");
    const char c = text_[at_++];
    if (c == '"') return out;
    if (static_cast<unsigned char>(c) < 0x20) refuse("a control character in a string");
    if (c == '\\')
      escape(out);
    else
      out.push_back(c);
  }
}

void JsonCursor::escape(std::string& out) {
  const char c = at_ < text_.size() ? text_[at_++] : '\0';
  constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (const std::size_t i = kEscapes.find(c); c != '\0' && i != kEscapes.npos) {
    out.push_back(kMeanings[i]);
    return;
  }
  if (c != 'u') refuse("an unknown escape");
  std::uint32_t code = hex4();
  if (code >= 0xd800 && code < 0xdc00) {  // the first half of a surrogate pair
    if (text_.substr(at_, 2) != "\\u") refuse("half a surrogate pair");
    at_ += 2;
    const std::uint32_t low = hex4();
    if (low < 0xdc00 || low > 0xdfff) refuse("half a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xdc00 && code < 0xe000) {
    refuse("half a surrogate pair");
  }
  append_utf8(out, code);
}

std::uint32_t JsonCursor::hex4() {
  std::uint32_t code = 0;
  const std::string_view digits = text_.substr(at_, 4);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (digits.size() != 4 || error != std::errc() || stop != digits.data() + 4) refuse("a bad \\u escape");
  at_ += 4;
  return code;
}

std::int64_t JsonCursor::integer() {
  const char first = peek();
  if (first < '0' || first > '9') refuse("expected a non-negative integer");
  std::int64_t value = 0;
  const char* begin = text_.data() + at_;
  const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc() || (first == '0' && stop != begin + 1)) refuse("a bad integer");
  at_ += static_cast<std::size_t>(stop - begin);
  return value;
}

void JsonCursor::end() {
  peek();
  if (at_ != text_.size()) refuse("text after the end");
}

char JsonCursor::peek() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonCursor::accept(char c) {
  if (peek() != c || at_ == text_.size()) return false;
  ++at_;
  return true;
}

void JsonCursor::expect(char c) {
  if (!accept(c)) refuse(fmt::format("expected {}", c));
}

void JsonCursor::refuse(std::string_view why) const {
  throw Error(ExitCode::corrupt, fmt::format("{} at byte {} of the header", why, at_));
}

}  // namespace slm
