#include "slm_lab/algorithm/q_head.h"

namespace slm {

ValueHead::ValueHead(const LossConfig& loss, int batch_size) : loss_(loss) {
  for (Vector* v : {&next_values_, &targets_, &td_errors_}) v->resize(batch_size);
}

void ValueHead::set_targets(const Batch& batch, const ConstMatrixRef& choosing, const ConstMatrixRef& valuing) {
  values_of_best(choosing, valuing, next_values_);
  targets_ = batch.rewards + batch.discounts.cwiseProduct(next_values_);
}

QHead::Fit ValueHead::fit(const Batch& batch, const ConstMatrixRef& outputs) {
  const double loss = loss_(outputs, batch.actions, targets_, batch.draw.weights);
  td_errors_ = targets_ - loss_.values();
  return {loss, loss_.mean_value(), loss_.mean_error()};
}

}  // namespace slm
