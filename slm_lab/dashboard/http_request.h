#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slm {

/// What a browser asks for. The path is as it came, with nothing decoded; the words of the query are decoded.
struct HttpRequest {
  std::string method, path;
  std::string host;  ///< of the Host header, without its port, in small letters
  std::vector<std::pair<std::string, std::string>> query = {};

  std::string value(std::string_view name, std::string_view otherwise = "") const;  ///< the first of that name
  std::vector<std::string> values(std::string_view name) const;                     ///< all of them
};

constexpr std::size_t kMaxRequestBytes = 65536;  // the names of 200 runs fit

/// Where the head of the request in `bytes` ends, behind its empty line; npos where it has not come whole.
std::size_t request_end(std::string_view bytes);

/// Reads a head, whole. Returns 200, or the status that says what is wrong with it.
int parse_request(std::string_view head, HttpRequest& request);

/// Whether `host` can only mean the machine that is asked. A page of another site may have its own name point here (DNS
/// rebinding) and would then read our answers as if they were its own: of names, only localhost and `own_names` are us.
/// `any_address`: we listen for other machines too, and any address in digits may be ours.
bool is_own_host(std::string_view host, const std::vector<std::string>& own_names, bool any_address);

}  // namespace slm
