#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "slm_lab/base/profile.h"

namespace slm {

struct SessionProgress {
  enum class State { waiting, running, done, stopped, failed };
  std::string name;  ///< s0
  State state = State::waiting;
  std::int64_t frame = 0, max_frame = 1;
  double fps = 0;
  double seconds = 0;                                           ///< of training so far
  double return_ma = std::numeric_limits<double>::quiet_NaN();  ///< mean of the last 100 episodes
  double best = std::numeric_limits<double>::quiet_NaN();       ///< highest total_reward_ma
  std::optional<PhaseSeconds> phase_seconds = {};               ///< how they divide, where that is to be shown
};

struct PanelStyle {
  int width = 80;  ///< columns of the terminal
  bool color = false;
  bool unicode = false;
};

/// One session in one line that is never wider than the terminal: what is least needed goes first.
/// `s0 ━━━━━━━━━━━━╸───────────  52%  104k/200k   8.41k/s  return   387.20  best ma   401.33  left    0:12`
std::string render(const SessionProgress& progress, const PanelStyle& style);

/// A line per session, the last line without its newline; sessions that `max_lines` leaves no room for are counted.
/// Below each line another one with the shares of its phases where these are given and there is room for all.
std::string render(std::span<const SessionProgress> sessions, const PanelStyle& style, int max_lines);

/// Whether a live panel on this file makes sense: a terminal that can move its cursor, and no CI that keeps what is
/// printed. Otherwise print a line per log point.
bool is_live_terminal(int file);

/// The lines of the sessions at the end of a terminal, redrawn in place at most eight times a second. Where `live` is
/// false it draws nothing and print() is plain.
class Panel {
 public:
  Panel(int file, bool live) : file_(file), live_(live) {}
  ~Panel() { close(); }
  Panel(const Panel&) = delete;
  Panel& operator=(const Panel&) = delete;

  bool live() const { return live_; }
  /// Draws `head` (lines without escapes, or none) and below it the sessions, if it drew none a moment ago.
  void show(std::span<const SessionProgress> sessions, std::string_view head = "");
  void print(std::string_view line);  ///< above the panel, which moves down
  /// Draws the last state, and leaves the cursor on the line below; after that, print() is plain.
  void close();

 private:
  void redraw();
  void write_all(std::string_view text) const;

  int file_;
  bool live_;
  std::string lines_;    // the newest state
  int drawn_lines_ = 0;  // of the panel on the screen; the cursor is at the end of the last
  std::chrono::steady_clock::time_point next_draw_{};
};

}  // namespace slm
