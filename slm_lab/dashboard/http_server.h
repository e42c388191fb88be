#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/dashboard/http_request.h"

namespace slm {

struct HttpResponse {
  int status = 200;
  const char* type = "text/plain; charset=utf-8";
  /// Shared, as many slow readers of one long list must not each keep a copy of it.
  std::shared_ptr<const std::string> body = nullptr;
  bool events = false;  ///< the connection stays, and gets what is published from now on
};

/// Answers GET and HEAD over HTTP/1.1, one request a connection, all of them in the thread that calls serve(): a client
/// that is slow, silent or hostile costs a descriptor and a bounded buffer for a bounded time, and nobody waits for it.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// Listens; port 0 is any that is free. Throws Error(busy) where another program has the port, SpecError where there
  /// is no such address.
  HttpServer(const std::string& host, std::uint16_t port, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url() const;

  /// Until `stopped` says so. `work` is called between answers, and says how long it may be left alone.
  void serve(const std::function<bool()>& stopped, const std::function<std::chrono::milliseconds()>& work);

  /// An event for every stream: its name and a line of data.
  void publish(std::string_view event, std::string_view data);
  /// When somebody last asked for something or, as long as there is a stream, now.
  std::chrono::steady_clock::time_point last_asked() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Phase {
    asks,     ///< its request has not come whole
    gets,     ///< its answer is being sent
    listens,  ///< a stream of events
    lingers,  ///< answered; what it still sends is thrown away, so that the system does not tear down the answer
  };
  struct Connection {
    Descriptor socket;
    Phase phase = Phase::asks;
    std::string in = {}, head = {};                     // head: of the answer, and events
    std::shared_ptr<const std::string> body = nullptr;  // after the head
    std::size_t sent = 0;                               // of both
    Clock::time_point deadline = {};
  };

  void accept_new();
  bool read_from(Connection& connection);  // false: it ends
  bool write_to(Connection& connection);
  void answer(Connection& connection, int status);
  void send(Connection& connection, const HttpResponse& response, bool with_body);
  void end_late_ones();

  Handler handler_;
  std::string host_;
  std::vector<std::string> own_names_;
  bool any_address_ = false;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::list<Connection> connections_;
  Clock::time_point last_asked_ = Clock::now();
};

}  // namespace slm
