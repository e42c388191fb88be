#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>

namespace slm {

/// What a session does at a time; docs/running.md says what belongs to each.
enum class Phase : std::uint8_t {
  act,
  env,
  store,
  draw,
  forward,
  loss,
  backward,
  optimiser,
  evaluate,
  log,
  checkpoint,
  other,
  step  ///< act, env and store of a step that is not looked into (StepTimer); has no name, as divide() knows none
};
/// Of those that divide() tells apart.
inline constexpr std::array<std::string_view, 12> kPhaseNames = {"act",      "env",  "store",      "draw",
                                                                 "forward",  "loss", "backward",   "optimiser",
                                                                 "evaluate", "log",  "checkpoint", "other"};

/// By phase. All together are the wall-clock that was divided: what no phase took is `other`.
using PhaseSeconds = std::array<double, kPhaseNames.size()>;

inline double& of_phase(PhaseSeconds& seconds, Phase phase) { return seconds[static_cast<std::size_t>(phase)]; }
inline double total(const PhaseSeconds& seconds) { return std::accumulate(seconds.begin(), seconds.end(), 0.0); }

/// What nobody has divided.
inline PhaseSeconds undivided(double seconds) {
  PhaseSeconds parts{};
  of_phase(parts, Phase::other) = seconds;
  return parts;
}

/// Counts, phase by phase, the ticks of the processor's clock on the one thread that runs a session. The threads of its
/// pool do not count: what they do is part of what that thread waits for.
///
/// A change of phase costs one reading of the clock, some 10 ns, so that all of it is always on; nothing that a session
/// computes depends on it.
class Profile {
 public:
  using Ticks = std::uint64_t;

  /// Time that begins now goes to `other`.
  explicit Profile(Ticks now = clock()) : last_(now) {}

  Phase phase() const { return phase_; }
  /// Until `now` it was the phase before, which is returned.
  Phase go_to(Phase phase, Ticks now = clock()) {
    count(now);
    return std::exchange(phase_, phase);
  }
  /// Forgets all of it, but not which phase it is.
  void restart(Ticks now = clock()) {
    ticks_ = {};
    last_ = now;
  }
  /// How `seconds`, the wall-clock since the start, divide among the phases. The rate of the ticks need not be known.
  PhaseSeconds divide(double seconds, Ticks now = clock()) const {
    Profile until_now = *this;
    until_now.count(now);
    const auto& ticks = until_now.ticks_;
    const auto all = static_cast<double>(std::accumulate(ticks.begin(), ticks.end(), Ticks{0}));
    if (all == 0) return undivided(seconds);
    PhaseSeconds parts;
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = seconds * (static_cast<double>(ticks[i]) / all);

    // Steps that were not looked into went as those that were.
    const double steps = seconds * (static_cast<double>(ticks[static_cast<std::size_t>(Phase::step)]) / all);
    double looked_into = 0;
    for (const Phase phase : kOfStep) looked_into += of_phase(parts, phase);
    if (looked_into == 0) of_phase(parts, Phase::other) += steps;
    for (const Phase phase : kOfStep)
      if (looked_into > 0) of_phase(parts, phase) *= 1 + steps / looked_into;
    return parts;
  }

  /// The time stamp counter where there is one: half the price of std::chrono.
  static Ticks clock() {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return static_cast<Ticks>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }

 private:
  friend class ProfiledThread;
  friend class PhaseTimer;
  friend class StepTimer;

  static constexpr std::array kOfStep = {Phase::act, Phase::env, Phase::store};

  void count(Ticks now) {
    if (now > last_) ticks_[static_cast<std::size_t>(phase_)] += now - last_;  // cores may differ by some ticks
    last_ = now;
  }

  std::array<Ticks, static_cast<std::size_t>(Phase::step) + 1> ticks_{};
  Ticks last_;
  Phase phase_ = Phase::other;

  // Of the thread, where everything else of a session is handed from caller to callee: the phases are told apart at the
  // bottom (a net, a replay), by code that otherwise knows nothing of sessions, and no result can depend on it.
  static inline constinit thread_local Profile* running = nullptr;
};

/// What its thread does while it lives is counted by `profile`.
class ProfiledThread {
 public:
  explicit ProfiledThread(Profile& profile) : before_(std::exchange(Profile::running, &profile)) {}
  ~ProfiledThread() { Profile::running = before_; }
  ProfiledThread(const ProfiledThread&) = delete;
  ProfiledThread& operator=(const ProfiledThread&) = delete;

 private:
  Profile* before_;
};

/// While it lives, time goes to its phase; then to the phase before again, so that what is inside is subtracted from
/// what is around it. The parts of an update count within Phase::loss alone: a net that is asked for an action is
/// `act`, one that is asked for a target is `forward`.
class PhaseTimer {
 public:
  explicit PhaseTimer(Phase phase) : profile_(Profile::running) {
    if (profile_ != nullptr && is_part_of_update(phase) && profile_->phase_ != Phase::loss) profile_ = nullptr;
    if (profile_ != nullptr) before_ = profile_->go_to(phase);
  }
  ~PhaseTimer() {
    if (profile_ != nullptr) profile_->go_to(before_);
  }
  PhaseTimer(const PhaseTimer&) = delete;
  PhaseTimer& operator=(const PhaseTimer&) = delete;

 private:
  static constexpr bool is_part_of_update(Phase phase) {
    return phase == Phase::draw || phase == Phase::forward || phase == Phase::backward || phase == Phase::optimiser;
  }

  Profile* profile_;
  Phase before_ = Phase::other;
};

/// The phases of one step of a session, one after another. The fastest steps take 0.3 us (REINFORCE on CartPole), and
/// that would be four readings of the clock: so one step in 32 is looked into, and the others read it only where they
/// train. Which, depends on the number of the step in a way that goes along with no period (of a rollout, of an
/// episode).
class StepTimer {
 public:
  explicit StepTimer(std::int64_t step) : profile_(Profile::running), looks_(is_looked_into(step)) {}
  ~StepTimer() { then(Phase::step); }
  StepTimer(const StepTimer&) = delete;
  StepTimer& operator=(const StepTimer&) = delete;

  void then(Phase phase) {
    if (profile_ == nullptr) return;
    const Phase next = looks_ ? phase : Phase::step;
    if (next != profile_->phase_) profile_->go_to(next);
  }

  /// Multiples of the golden ratio, of which each 32nd of [0, 1) gets its share at once.
  static constexpr bool is_looked_into(std::int64_t step) {
    return static_cast<std::uint64_t>(step) * 0x9E3779B97F4A7C15 >> 59 == 0;
  }

 private:
  Profile* profile_;
  bool looks_;
};

}  // namespace slm
