#pragma once

#include "slm_lab/algorithm/actor_critic.h"
#include "slm_lab/algorithm/ppo.h"

namespace slm {

/// Self-imitation: extra steps on past episodes that went better than the critic expected.
struct ImitationConfig {
  double sil_policy_loss_coef = 1, sil_val_loss_coef = 0.01;
  int training_iter = 1;        // batches drawn after each update of the base algorithm
  int training_batch_iter = 1;  // gradient steps on each batch
};

struct SilConfig {
  ActorCriticConfig base;
  ImitationConfig imitation;
};
SilConfig read_sil_config(SpecReader& reader);

struct PpoSilConfig {
  PpoConfig base;
  ImitationConfig imitation;
};
PpoSilConfig read_ppo_sil_config(SpecReader& reader);

}  // namespace slm
