#include "slm_lab/experiment/line_process.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "slm_lab/base/child_process.h"

namespace slm {
namespace {

constexpr std::chrono::seconds kTimeToEnd{5};

}  // namespace

LineProcess::LineProcess(std::vector<std::string> command, const std::filesystem::path& errors) {
  DescriptorPair in = make_pipe(), out = make_pipe();
  pid_ = ChildProgram(std::move(command))
             .give(in.first.number(), STDIN_FILENO)
             .give(out.second.number(), STDOUT_FILENO)
             .open(errors, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO)
             .own_session()
             .start();
  in_.emplace(std::move(in.second));
  out_.emplace(std::move(out.first));
}

LineProcess::~LineProcess() {
  in_.reset();
  const auto deadline = std::chrono::steady_clock::now() + kTimeToEnd;
  std::vector<std::string> lines;
  while (std::chrono::steady_clock::now() < deadline && receive(100, lines)) {
  }
  out_.reset();
  kill(pid_, SIGKILL);
  wait_for_end(pid_);
}

void LineProcess::send(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(in_->number(), text.data() + done, text.size() - done);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
}

bool LineProcess::receive(int milliseconds, std::vector<std::string>& lines) {
  pollfd ready{out_->number(), POLLIN, 0};
  if (poll(&ready, 1, milliseconds) <= 0) return true;  // time or a signal
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(out_->number(), buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  partial_.append(buffer.data(), static_cast<std::size_t>(count));
  std::size_t begin = 0;
  for (std::size_t end; (end = partial_.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(partial_.substr(begin, end - begin));
  partial_.erase(0, begin);
  return count > 0;
}

}  // namespace slm
