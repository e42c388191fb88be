#include "slm_lab/report/panel.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "slm_lab/report/number_text.h"
#include "slm_lab/report/profile_table.h"

namespace slm {
namespace {

constexpr auto kBetweenDraws = std::chrono::milliseconds(125);
constexpr int kShortestBar = 8, kLongestBar = 32;

constexpr std::string_view kReset = "\x1b[0m", kDim = "\x1b[2m", kBold = "\x1b[1m", kGreen = "\x1b[32m",
                           kBlue = "\x1b[34m", kYellow = "\x1b[33m", kRed = "\x1b[31m";

std::string_view state_color(SessionProgress::State state) {
  using enum SessionProgress::State;
  switch (state) {
    case waiting:
      return kDim;
    case running:
      return kBlue;
    case done:
      return kGreen;
    case stopped:
      return kYellow;
    case failed:
      return kRed;
  }
  return kReset;
}

double done_fraction(const SessionProgress& p) {
  return std::clamp(static_cast<double>(p.frame) / static_cast<double>(std::max<std::int64_t>(p.max_frame, 1)), 0.0,
                    1.0);
}

std::string repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out.append(text);
  return out;
}

/// The part that is done, then the part that is left; together `length` columns.
std::array<std::string, 2> bar(double fraction, int length, bool unicode) {
  const int halves = static_cast<int>(std::floor(fraction * 2 * length));
  const int full = halves / 2;
  const bool half = halves % 2 == 1;
  if (!unicode) return {repeat("#", full), repeat(".", length - full)};
  return {repeat("━", full) + (half ? "╸" : ""), repeat("─", length - full - half)};
}

/// What stands right of the bar.
struct Field {
  std::string name, value;
  int priority;  // the highest goes first when the terminal is narrow
};

/// Whether it still trains: behind the last frame it plays the episodes of D-100, which may take minutes.
bool is_training(const SessionProgress& p) {
  return p.state == SessionProgress::State::running && p.frame < p.max_frame;
}

std::string last_field(const SessionProgress& p) {
  using enum SessionProgress::State;
  switch (p.state) {
    case waiting:
      return "waiting";
    case running:
      return is_training(p) ? duration_text(static_cast<double>(p.max_frame - p.frame) / p.fps) : "evaluating";
    case done:
      return "done in " + duration_text(p.seconds);
    case stopped:
      return "stopped";
    case failed:
      return "failed";
  }
  return "";
}

std::vector<Field> fields_of(const SessionProgress& p) {
  const bool training = is_training(p);
  return {
      {"", fmt::format("{:>3.0f}%", std::floor(100 * done_fraction(p))), 0},
      {"",
       fmt::format("{:>5}/{}", count_text(static_cast<double>(p.frame)), count_text(static_cast<double>(p.max_frame))),
       3},
      {"", fmt::format("{:>5}/s", count_text(p.fps)), 4},
      {"return ", fmt::format("{:>8}", return_text(p.return_ma)), 1},
      {"best ma ", fmt::format("{:>8}", return_text(std::isfinite(p.best) ? p.best : NAN)), 5},
      {training ? "left " : "", fmt::format("{:>{}}", last_field(p), training ? 7 : 12), 2}};
}

int width_of(const std::vector<Field>& fields) {
  int width = 0;
  for (const Field& field : fields) width += 2 + static_cast<int>(field.name.size() + field.value.size());
  return width;
}

/// The rightmost column stays empty: a terminal may wrap when it is written to.
int usable(const PanelStyle& style) { return std::max(style.width - 1, 1); }

std::string paint(std::string_view color, const std::string& text, const PanelStyle& style) {
  return style.color && !text.empty() ? std::string(color) + text + std::string(kReset) : text;
}

/// What stands below the line of a session: indented as its bar is.
std::string phases_below(const SessionProgress& progress, const PanelStyle& style) {
  const std::string text = std::string(progress.name.size() + 1, ' ') + profile_line(*progress.phase_seconds);
  return paint(kDim, text.substr(0, usable(style)), style);
}

bool set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// What setlocale would find, without changing the locale of the process.
bool is_utf8_locale() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!set(variable)) continue;
    const std::string_view value = std::getenv(variable);
    return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos || value.find("utf-8") != value.npos;
  }
  return false;
}

struct Size {
  int columns = 80, lines = 24;
};

Size terminal_size(int file) {
  winsize size{};
  if (ioctl(file, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace

std::string render(const SessionProgress& progress, const PanelStyle& style) {
  const int width = usable(style);
  if (width < static_cast<int>(progress.name.size())) return progress.name.substr(0, width);
  std::vector<Field> fields = fields_of(progress);
  const int fixed = static_cast<int>(progress.name.size()) + 1;  // ASCII, as all fields are
  const auto room = [&] { return width - fixed - width_of(fields); };
  const auto least_needed = [](const Field& a, const Field& b) { return a.priority < b.priority; };
  while (!fields.empty() && room() < kShortestBar)
    fields.erase(std::max_element(fields.begin(), fields.end(), least_needed));

  std::string line = paint(kBold, progress.name, style);
  if (room() >= 1) {
    const auto [done, left] = bar(done_fraction(progress), std::min(room(), kLongestBar), style.unicode);
    line += " " + paint(state_color(progress.state), done, style) + paint(kDim, left, style);
  }
  for (const Field& field : fields) line += "  " + paint(kDim, field.name, style) + field.value;
  return line;
}

std::string render(std::span<const SessionProgress> sessions, const PanelStyle& style, int max_lines) {
  const auto room = static_cast<std::size_t>(std::max(max_lines, 1));
  const std::size_t shown = sessions.size() <= room ? sessions.size() : room - 1;
  const bool with_phases = 2 * sessions.size() <= room;
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    text.append(i == 0 ? "" : "\n").append(render(sessions[i], style));
    if (with_phases && sessions[i].phase_seconds) text.append("\n").append(phases_below(sessions[i], style));
  }
  if (shown < sessions.size()) {
    const std::string more = fmt::format("and {} more sessions", sessions.size() - shown);
    text.append(shown == 0 ? "" : "\n").append(more.substr(0, usable(style)));
  }
  return text;
}

bool is_live_terminal(int file) {
  const char* term = std::getenv("TERM");
  return isatty(file) == 1 && term != nullptr && std::string_view(term) != "dumb" && !set("CI");
}

void Panel::show(std::span<const SessionProgress> sessions, std::string_view head) {
  if (!live_) return;
  const Size size = terminal_size(file_);
  const PanelStyle style{.width = size.columns, .color = !set("NO_COLOR"), .unicode = is_utf8_locale()};
  lines_.clear();
  int num_lines = 0;
  for (std::size_t at = 0; at < head.size() && num_lines < size.lines - 2; ++num_lines) {
    const std::size_t end = std::min(head.find('\n', at), head.size());
    lines_.append(num_lines == 0 ? "" : "\n").append(head.substr(at, end - at).substr(0, usable(style)));
    at = end + 1;
  }
  if (!sessions.empty() || num_lines == 0)
    lines_.append(num_lines == 0 ? "" : "\n").append(render(sessions, style, size.lines - 1 - num_lines));
  if (std::chrono::steady_clock::now() >= next_draw_) redraw();
}

void Panel::print(std::string_view line) {
  if (drawn_lines_ == 0) return write_all(std::string(line) + "\n");
  // In the place of the panel's first line, with the panel anew below: one write, so nothing flickers.
  std::string text = drawn_lines_ > 1 ? fmt::format("\x1b[{}F", drawn_lines_ - 1) : "\r";
  text.append("\x1b[J").append(line).append("\n");
  drawn_lines_ = 0;
  write_all(text);
  redraw();
}

void Panel::close() {
  if (!live_) return;
  live_ = false;
  if (lines_.empty()) return;
  redraw();
  drawn_lines_ = 0;
  write_all("\n");
}

void Panel::redraw() {
  std::string text;
  if (drawn_lines_ > 1) text = fmt::format("\x1b[{}F", drawn_lines_ - 1);
  if (drawn_lines_ == 1) text = "\r";
  for (const char c : lines_) text.append(c == '\n' ? "\x1b[K\n" : std::string_view(&c, 1));
  text.append("\x1b[K");
  if (drawn_lines_ > 0) text.append("\x1b[J");  // what a longer panel left below
  write_all(text);
  drawn_lines_ = 1 + static_cast<int>(std::count(lines_.begin(), lines_.end(), '\n'));
  next_draw_ = std::chrono::steady_clock::now() + kBetweenDraws;
}

void Panel::write_all(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(file_, text.data(), text.size());
    if (written <= 0) return;  // the terminal has gone; a run does not end for that
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace slm
