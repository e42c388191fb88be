#include "slm_lab/base/shell_quote.h"

#include <algorithm>

namespace slm {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("@%+=:,./-_").find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_quote(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shell_command(std::initializer_list<std::string_view> words) {
  std::string command;
  for (const std::string_view word : words) command += (command.empty() ? "" : " ") + shell_quote(word);
  return command;
}

}  // namespace slm
