#include "slm_lab/dashboard/http_request.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace slm {
namespace {

constexpr int kOk = 200, kBadRequest = 400, kUnknownVersion = 505;
constexpr std::size_t kMaxHeaders = 100;

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string small_letters(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// The line up to its CR LF; moves `text` past it.
std::string_view take_http_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 2);
  return line;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// As a form encodes it; nothing where it is not.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digit_of(text[i + 1]), low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool parse_query(std::string_view text, HttpRequest& request) {
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    const std::size_t equals = field.find('=');
    auto name = decoded(field.substr(0, equals));
    auto value = decoded(equals == field.npos ? "" : field.substr(equals + 1));
    if (!name || !value) return false;
    request.query.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

/// `example.org:80`, `[::1]:80`: without the port.
std::optional<std::string> host_of(std::string_view value) {
  std::size_t end = value.find(':');
  if (value.starts_with('[')) {
    end = value.find(']');
    if (end == value.npos) return std::nullopt;
    ++end;
  }
  const std::string_view port = end >= value.size() ? "" : value.substr(end);
  const bool is_port =
      port.empty() || (port[0] == ':' && port.size() <= 6 &&
                       std::ranges::all_of(port.substr(1), [](unsigned char c) { return std::isdigit(c) != 0; }));
  if (!is_port) return std::nullopt;
  return small_letters(value.substr(0, end));
}

int parse_headers(std::string_view text, HttpRequest& request) {
  std::size_t count = 0, hosts = 0;
  for (std::string_view line; !(line = take_http_line(text)).empty();) {
    const std::size_t colon = line.find(':');
    if (++count > kMaxHeaders) return 431;
    if (colon == line.npos || !is_token(line.substr(0, colon))) return kBadRequest;  // a folded line, too
    if (small_letters(line.substr(0, colon)) != "host") continue;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(" \t")));
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    const auto host = host_of(value);
    if (!host || ++hosts > 1) return kBadRequest;
    request.host = *host;
  }
  return hosts == 1 ? kOk : kBadRequest;
}

}  // namespace

std::string HttpRequest::value(std::string_view name, std::string_view otherwise) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::string(otherwise);
}

std::vector<std::string> HttpRequest::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : query)
    if (key == name) found.push_back(value);
  return found;
}

std::size_t request_end(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  return end == bytes.npos ? end : end + 4;
}

int parse_request(std::string_view head, HttpRequest& request) {
  std::string_view line = take_http_line(head);
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || first == last) return kBadRequest;
  request.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
  if (!version.starts_with("HTTP/")) return kBadRequest;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return kUnknownVersion;
  const bool is_plain = std::ranges::all_of(target, [](unsigned char c) { return c > ' ' && c < 0x7f && c != '#'; });
  if (!is_token(request.method) || !target.starts_with('/') || !is_plain) return kBadRequest;
  const std::size_t query = target.find('?');
  request.path = target.substr(0, query);
  if (query != target.npos && !parse_query(target.substr(query + 1), request)) return kBadRequest;
  return parse_headers(head, request);
}

bool is_own_host(std::string_view host, const std::vector<std::string>& own_names, bool any_address) {
  if (host == "localhost" || std::ranges::find(own_names, host) != own_names.end()) return true;
  std::string digits(host);
  const bool in_brackets = digits.size() > 2 && digits.front() == '[';
  if (in_brackets) digits = digits.substr(1, digits.size() - 2);
  in6_addr address{};
  if (inet_pton(in_brackets ? AF_INET6 : AF_INET, digits.c_str(), &address) != 1) return false;
  return any_address || (in_brackets ? digits == "::1" : digits.starts_with("127."));
}

}  // namespace slm
