#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/env/gymnasium/shared_rows.h"

namespace slm {

class Archive;

/// What is known of a row in Python: enough to bring another to the same state, by doing again what it did since its
/// episode began, and to see whether that led to the same.
class RowState {
 public:
  /// Of a row that nothing has been asked of: its first episode starts from this generator, as it would here.
  /// There is room for episodes of `room` numbers of actions.
  RowState(const Rng& rng, std::size_t room);

  void seed(const SharedRows& rows, int row) const;  ///< writes what Command::seed asks for
  void started(const SharedRows& rows, int row);     ///< after an episode began
  void stepped(const SharedRows& rows, int row);     ///< after a step

  std::size_t num_steps() const { return num_steps_; }                   ///< of the episode
  void repeat(const SharedRows& rows, int row, std::size_t step) const;  ///< writes its action, to be done again
  std::uint64_t digest() const { return digest_; }                       ///< of all that was seen in the episode
  void set_digest(std::uint64_t digest) { digest_ = digest; }

  std::int32_t episode_length = 0;
  double episode_return = 0;

  void serialize(Archive& archive);
  void check(const Space& action_space) const;  ///< throws Error(corrupt) where what was loaded is no episode

 private:
  std::uint64_t seed_;  // of all that doesn't draw from Gymnasium's generator; 31 bits, as some take no more
  std::vector<std::uint64_t> generator_;  // as it stood before the episode began; empty where there is none
  std::vector<float> actions_;            // of the episode, one after the other
  std::size_t num_steps_ = 0;
  std::uint64_t digest_ = 0;
};

/// Of what a row shows after the start of an episode, and after a step behind what `before` is of.
std::uint64_t digest_of_start(const SharedRows& rows, int row);
std::uint64_t digest_of_step(const SharedRows& rows, int row, std::uint64_t before);

}  // namespace slm
