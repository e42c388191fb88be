#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/algorithm/mode_action.h"
#include "slm_lab/base/matrix.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/base/space.h"

namespace slm {

/// A probability distribution over actions, one per row of a batch, whose parameters are outputs of a net. Like a net
/// it has a forward and a backward: evaluate() and gradient().
class Distribution {
 public:
  using Values = Eigen::Map<const Vector>;

  virtual ~Distribution() = default;
  /// `outputs` (n, num_outputs) -> `actions` (n, action_dim).
  virtual void sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) = 0;
  virtual void mode(const ConstMatrixRef& outputs, MatrixRef actions) const = 0;  ///< the most likely action
  virtual ModeAction mode_action() const = 0;                                     ///< what mode() does
  /// Fills log_probs() of `actions` (n, action_dim) and entropy(), both summed over action dimensions.
  virtual void evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) = 0;
  /// Overwrites `d_outputs` (n, num_outputs) with sum_i d_log_probs[i] * d log_prob_i + d_entropy * d entropy_i, both
  /// derived with respect to the outputs of the last evaluate().
  virtual void gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const = 0;

  Values log_probs() const { return {log_probs_.data(), static_cast<Eigen::Index>(log_probs_.size())}; }  // (n)
  Values entropy() const { return {entropy_.data(), static_cast<Eigen::Index>(entropy_.size())}; }        // (n)

 protected:
  std::vector<float> log_probs_, entropy_;
};

/// Softmax of logits, one per action.
class Categorical final : public Distribution {
 public:
  explicit Categorical(int num_actions) : num_actions_(num_actions) {}
  void sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) override;
  void mode(const ConstMatrixRef& outputs, MatrixRef actions) const override;
  ModeAction mode_action() const override { return ModeAction::argmax; }
  void evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) override;
  void gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const override;

 private:
  int num_actions_;
  std::vector<float> all_log_probs_, probs_;  // (n, num_actions)
  std::vector<float> log_sums_;               // (n)
  std::vector<int> actions_;                  // (n)
  std::vector<float> exps_;                   // (n, num_actions) of sample()
};

/// Independent Normal per action dimension. Outputs are means m, then s, the logarithms of the standard deviations,
/// which are clamped to [-5, 2]. With `tanh_mean` the mean is tanh(m), from [-1, 1] stretched to the bounds, which must
/// be finite; standard deviations are in the units of the actions either way.
class Normal final : public Distribution {
 public:
  static constexpr float kMinLogStd = -5, kMaxLogStd = 2;
  static constexpr float kHalfLog2Pi = 0.918938533204672742f;  // log(2 pi) / 2

  explicit Normal(const Space& action_space, bool tanh_mean = false);
  void sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) override;
  void mode(const ConstMatrixRef& outputs, MatrixRef actions) const override;
  ModeAction mode_action() const override { return tanh_mean_ ? ModeAction::tanh : ModeAction::mean; }
  void evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) override;
  void gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const override;

 private:
  int action_dim_;
  bool tanh_mean_;
  Eigen::RowVectorXf centre_, half_range_;               // (action_dim) of the bounds, with tanh_mean
  std::vector<float> std_;                               // (n, action_dim) of sample()
  std::vector<float> tanh_;                              // (n, action_dim), as the rest; with tanh_mean
  std::vector<float> inverse_std_;                       //
  std::vector<float> d_mean_, d_log_std_, not_clamped_;  // derivatives of log_prob; 1 where s moves the entropy
};

/// One legal value of `action_pdtype`.
struct DistributionEntry {
  std::string_view name;
  Space::Kind action_kind;
  std::string_view why_not;  ///< empty: supported
  std::string_view note;     ///< where the meaning differs from the reference's
};
const std::vector<DistributionEntry>& distributions();
/// "default" is the first entry of the space's kind.
const DistributionEntry* find_distribution(std::string_view action_pdtype, const Space& action_space);

/// Columns of the net's output that describe the distribution over `action_space`, of StateDependentNormal not.
int num_distribution_outputs(const Space& action_space);
std::unique_ptr<Distribution> make_distribution(const Space& action_space, std::string_view action_pdtype = "default",
                                                bool tanh_mean = false);

}  // namespace slm
