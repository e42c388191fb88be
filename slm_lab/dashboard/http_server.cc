#include "slm_lab/dashboard/http_server.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxConnections = 256;
constexpr std::size_t kMaxPending = 8u << 20;  // bytes of events that a reader may lag behind
constexpr seconds kAskTime{10}, kStallTime{30}, kLingerTime{2}, kBeat{15};
constexpr int kBacklog = 128;

// No script but ours, no frame, nothing from elsewhere, and nobody else may embed or read an answer.
constexpr const char* kSafety =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\nCache-Control: no-store\r\n";

const char* reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

std::string system_text() { return std::strerror(errno); }

/// Throws as the constructor of HttpServer.
Descriptor listen_at(const std::string& host, std::uint16_t port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); failure != 0)
    throw SpecError(fmt::format("--host {}: no address of this machine: {}", host, gai_strerror(failure)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  Descriptor listener(socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), host);
  const int yes = 1;
  if (listener.number() >= 0 &&
      setsockopt(listener.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) ==
          0 &&  // just after the last one's end
      bind(listener.number(), found->ai_addr, found->ai_addrlen) == 0 &&
      listen(listener.number(), kBacklog) == 0)
    return listener;
  if (errno == EADDRINUSE)
    throw Error(
        ExitCode::busy,
        fmt::format("--port {}: another program listens there (at {}); choose another, or 0 for any that is free", port,
                    host));
  if (errno == EADDRNOTAVAIL) throw SpecError(fmt::format("--host {}: no address of this machine", host));
  throw Error(ExitCode::io, fmt::format("cannot listen at {}:{}: {}", host, port, system_text()));
}

}  // namespace

HttpServer::HttpServer(const std::string& host, std::uint16_t port, Handler handler)
    : handler_(std::move(handler)), host_(host), own_names_{host}, listener_(listen_at(host, port)) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  std::array<char, NI_MAXHOST> digits{};
  std::array<char, NI_MAXSERV> number{};
  getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &length);
  getnameinfo(reinterpret_cast<sockaddr*>(&address), length, digits.data(), digits.size(), number.data(), number.size(),
              NI_NUMERICHOST | NI_NUMERICSERV);
  port_ = static_cast<std::uint16_t>(std::stoi(number.data()));
  any_address_ = !std::string_view(digits.data()).starts_with("127.") && std::string_view(digits.data()) != "::1";
  if (std::array<char, 256> name{}; any_address_ && gethostname(name.data(), name.size() - 1) == 0)
    own_names_.emplace_back(name.data());
}

std::string HttpServer::url() const {
  const bool is_v6 = host_.find(':') != host_.npos;
  return fmt::format("http://{}:{}", is_v6 ? "[" + host_ + "]" : host_, port_);
}

std::chrono::steady_clock::time_point HttpServer::last_asked() const {
  const bool any = std::ranges::any_of(connections_, [](const Connection& c) { return c.phase == Phase::listens; });
  return any ? Clock::now() : last_asked_;
}

void HttpServer::serve(const std::function<bool()>& stopped, const std::function<std::chrono::milliseconds()>& work) {
  std::vector<pollfd> waits;
  while (!stopped()) {
    const std::chrono::milliseconds pause = work();
    waits.assign(1, {listener_.number(), POLLIN, 0});
    for (const Connection& c : connections_) {
      const bool writes = c.sent < c.head.size() + (c.body ? c.body->size() : 0);
      waits.push_back({c.socket.number(), static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0});
    }
    if (poll(waits.data(), waits.size(), static_cast<int>(pause.count())) < 0) {
      if (errno == EINTR) continue;
      throw Error(ExitCode::io, "cannot wait for connections: " + system_text());
    }
    auto wait = waits.begin() + 1;
    for (auto c = connections_.begin(); c != connections_.end(); ++wait) {
      bool stays = true;
      if ((wait->revents & (POLLIN | POLLHUP | POLLERR)) != 0) stays = read_from(*c);
      if (stays && (wait->revents & POLLOUT) != 0) stays = write_to(*c);
      c = stays ? std::next(c) : connections_.erase(c);
    }
    end_late_ones();
    if (waits[0].revents != 0) accept_new();
  }
}

void HttpServer::accept_new() {
  for (int socket; (socket = accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    if (connections_.size() >= kMaxConnections) connections_.pop_front();  // has been here longest, and makes room
    connections_.push_back({.socket = Descriptor(socket, "connection"), .deadline = Clock::now() + kAskTime});
  }
}

bool HttpServer::read_from(Connection& connection) {
  std::array<char, 8192> bytes;
  const ssize_t got = recv(connection.socket.number(), bytes.data(), bytes.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (connection.phase != Phase::asks) return got > 0;  // closed; or more than it was to say
  if (got == 0) return false;
  connection.in.append(bytes.data(), static_cast<std::size_t>(got));
  const std::size_t end = request_end(connection.in);
  if (end == connection.in.npos && connection.in.size() < kMaxRequestBytes) return true;
  if (end > kMaxRequestBytes) {
    answer(connection, 431);
  } else {
    HttpRequest request;
    connection.in.resize(end);
    const int status = parse_request(connection.in, request);
    if (status != 200) {
      answer(connection, status);
    } else if (!is_own_host(request.host, own_names_, any_address_)) {
      answer(connection, 421);
    } else if (request.method != "GET" && request.method != "HEAD") {
      answer(connection, 405);
    } else {
      last_asked_ = Clock::now();
      send(connection, handler_(request), request.method == "GET");
    }
  }
  connection.in = {};
  return write_to(connection);
}

void HttpServer::answer(Connection& connection, int status) {
  send(connection, {.status = status, .body = std::make_shared<std::string>(fmt::format("{}\n", reason_of(status)))},
       true);
}

void HttpServer::send(Connection& connection, const HttpResponse& response, bool with_body) {
  connection.head =
      fmt::format("HTTP/1.1 {} {}\r\n{}Connection: close\r\n", response.status, reason_of(response.status), kSafety);
  if (response.status == 405) connection.head += "Allow: GET, HEAD\r\n";
  connection.deadline = Clock::now() + kStallTime;
  if (response.events && with_body) {
    connection.phase = Phase::listens;
    connection.head += "Content-Type: text/event-stream\r\n\r\nretry: 1000\n\n";
    return;
  }
  connection.phase = Phase::gets;
  connection.head += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n\r\n", response.type,
                                 response.body ? response.body->size() : 0);
  if (with_body) connection.body = response.body;
}

bool HttpServer::write_to(Connection& c) {
  const std::string_view body = c.body ? std::string_view(*c.body) : std::string_view();
  while (c.sent < c.head.size() + body.size()) {
    const std::string_view rest =
        c.sent < c.head.size() ? std::string_view(c.head).substr(c.sent) : body.substr(c.sent - c.head.size());
    const ssize_t done = ::send(c.socket.number(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (done < 0) return errno == EAGAIN || errno == EINTR;
    c.sent += static_cast<std::size_t>(done);
    c.deadline = Clock::now() + kStallTime;
  }
  if (c.phase == Phase::listens) {
    c.head.clear();
    c.sent = 0;
    c.deadline = Clock::now() + kBeat;
  } else if (c.phase == Phase::gets) {
    c.phase = Phase::lingers;
    c.body = nullptr;
    c.head.clear();
    c.sent = 0;
    c.deadline = Clock::now() + kLingerTime;
    shutdown(c.socket.number(), SHUT_WR);
  }
  return true;
}

void HttpServer::publish(std::string_view event, std::string_view data) {
  for (Connection& c : connections_) {
    if (c.phase != Phase::listens) continue;
    c.head += fmt::format("event: {}\ndata: {}\n\n", event, data);
    if (c.head.size() - c.sent > kMaxPending) c.deadline = {};  // it asks for the list again when it comes back
  }
}

void HttpServer::end_late_ones() {
  const Clock::time_point now = Clock::now();
  std::erase_if(connections_, [&](Connection& c) {
    if (c.deadline > now) return false;
    if (c.phase == Phase::listens && c.head.empty()) {  // a sign of life; who is gone does not take it
      c.head = ":\n\n";
      c.deadline = now + kStallTime;
      return false;
    }
    return true;
  });
}

}  // namespace slm
