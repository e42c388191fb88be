#include "slm_lab/algorithm/random.h"

#include "slm_lab/algorithm/exploration.h"

namespace slm {

void Random::act(const Matrix& obs, ActMode, Rng& rng, Matrix& actions) {
  actions.resize(obs.rows(), action_space_.size());
  sample_space(action_space_, rng, actions);
}

}  // namespace slm
