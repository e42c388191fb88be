#include "slm_lab/algorithm/sil.h"

namespace slm {
namespace {

ImitationConfig read_imitation_config(SpecReader& reader) {
  ImitationConfig c;
  reader.require("sil_policy_loss_coef", c.sil_policy_loss_coef, "weight of the imitation loss", at_least(0));
  reader.require("sil_val_loss_coef", c.sil_val_loss_coef, "weight of the imitation loss of the critic", at_least(0));
  reader.require("training_iter", c.training_iter, "replay batches after each on-policy update", at_least(1));
  reader.require("training_batch_iter", c.training_batch_iter, "gradient steps on each replay batch", at_least(1));
  return c;
}

}  // namespace

SilConfig read_sil_config(SpecReader& reader) {
  return {.base = read_actor_critic_config(reader), .imitation = read_imitation_config(reader)};
}

PpoSilConfig read_ppo_sil_config(SpecReader& reader) {
  return {.base = read_ppo_config(reader), .imitation = read_imitation_config(reader)};
}

}  // namespace slm
