#include "slm_lab/dashboard/http_request.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slm::http_request_test {
namespace {

using testing::ElementsAre;
using testing::Pair;

HttpRequest parsed(const std::string& target) {
  HttpRequest request;
  EXPECT_EQ(parse_request("GET " + target + " HTTP/1.1\r\nHost: localhost:80\r\n\r\n", request), 200) << target;
  return request;
}

int status_of(const std::string& head) {
  HttpRequest request;
  return parse_request(head, request);
}

TEST(HttpRequest, WordsOfTheQueryAreDecodedAndThePathIsNot) {
  const HttpRequest request = parsed("/api/%2e%2e/run?name=a%20b+c%2F&run=1&run=%C3%A9&empty=&bare");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/api/%2e%2e/run");
  EXPECT_EQ(request.host, "localhost");
  EXPECT_THAT(request.query, ElementsAre(Pair("name", "a b c/"), Pair("run", "1"), Pair("run", "é"), Pair("empty", ""),
                                         Pair("bare", "")));
  EXPECT_THAT(request.values("run"), ElementsAre("1", "é"));
  EXPECT_EQ(request.value("none", "otherwise"), "otherwise");
}

TEST(HttpRequest, TheHostIsReadWithoutItsPort) {
  const auto host = [](const std::string& line) {
    HttpRequest request;
    return parse_request("GET / HTTP/1.1\r\n" + line + "\r\n\r\n", request) == 200 ? request.host : "refused";
  };
  EXPECT_EQ(host("Host: Example.ORG:8765"), "example.org");
  EXPECT_EQ(host("hOsT:\t[::1]:8765 "), "[::1]");
  EXPECT_EQ(host("Host: [::1]"), "[::1]");
  for (const char* wrong : {"Accept: */*", "Host: a\r\nHost: a", "Host: a:b", "Host: [::1", "Host: a:123456",
                            "Host : a", " Host: a", "Host"})
    EXPECT_EQ(host(wrong), "refused") << wrong;
}

TEST(HttpRequest, WhatIsNoRequestIsRefused) {
  const std::string host = "Host: a\r\n\r\n";
  for (const char* line :
       {"", "GET", "GET /", "GET HTTP/1.1", "GET  HTTP/1.1", "GET x HTTP/1.1", "GET http://a/ HTTP/1.1",
        "GET * HTTP/1.1", "GET /a b HTTP/1.1", "GET /# HTTP/1.1", "GET /\x01 HTTP/1.1", "GET /\xff HTTP/1.1",
        "G\x01T / HTTP/1.1", "GET /?a=%2 HTTP/1.1", "GET /?a=%g0 HTTP/1.1", "GET / FTP/1.1"})
    EXPECT_EQ(status_of(line + std::string("\r\n") + host), 400) << line;
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\n" + host), 505);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) many += fmt::format("H{}: 1\r\n", i);
  EXPECT_EQ(status_of(many + host), 431);
}

TEST(HttpRequest, EndsBehindItsEmptyLine) {
  EXPECT_EQ(request_end("GET / HTTP/1.1\r\n\r\nmore"), 18u);
  EXPECT_EQ(request_end("GET / HTTP/1.1\r\n"), std::string::npos);
}

// A page of evil.example whose name points to 127.0.0.1 sends its own name.
TEST(OwnHost, IsNoNameThatAnotherCanPointHere) {
  for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "[::1]", "lab"})
    EXPECT_TRUE(is_own_host(host, {"lab"}, false)) << host;
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil.example",
                           "[", "[]", "[::1].evil.example", "10.0.0.1", "[::2]", "::1", "127.1"})
    EXPECT_FALSE(is_own_host(host, {"lab"}, false)) << host;
  EXPECT_TRUE(is_own_host("10.0.0.1", {}, true));
  EXPECT_FALSE(is_own_host("evil.example", {}, true));
}

}  // namespace
}  // namespace slm::http_request_test
