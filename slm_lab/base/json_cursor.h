#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace slm {

/// Walks JSON whose shape the caller knows, never deeper than the caller's own calls: what a hostile file may nest or
/// repeat costs nothing. Throws Error(corrupt) with the position.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  void object(const std::function<void(const std::string& key)>& member);  ///< `member` must consume the value
  void array(const std::function<void()>& element);                        ///< `element` must consume the value
  std::string string();
  std::int64_t integer();  ///< non-negative, no fraction
  void end();              ///< only white space is left

 private:
  [[noreturn]] void refuse(std::string_view why) const;
  char peek();  // after white space; 0 at the end
  bool accept(char c);
  void expect(char c);
  std::uint32_t hex4();
  void escape(std::string& out);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace slm
