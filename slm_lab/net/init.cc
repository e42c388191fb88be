#include "slm_lab/net/init.h"

#include <fmt/format.h>

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <optional>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

/// torch.nn.init's calculate_gain; nothing for the activations that it refuses.
std::optional<double> known_gain(Activation activation) {
  switch (activation) {
    case Activation::identity:
    case Activation::sigmoid:
      return 1.0;
    case Activation::tanh:
      return 5.0 / 3;
    case Activation::relu:
      return std::sqrt(2.0);
    case Activation::leakyrelu:
      return std::sqrt(2 / (1 + 0.01 * 0.01));
    case Activation::selu:
      return 0.75;
    default:
      return std::nullopt;
  }
}

void fill_uniform(double bound, Rng& rng, Matrix& weight) {
  for (float& w : weight.reshaped<Eigen::RowMajor>()) w = static_cast<float>(rng.uniform(-bound, bound));
}

void fill_normal(double std_dev, Rng& rng, Matrix& weight) {
  for (float& w : weight.reshaped<Eigen::RowMajor>()) w = static_cast<float>(std_dev * rng.standard_normal());
}

double fan_in(const Matrix& weight) { return static_cast<double>(weight.cols()); }
double fan_sum(const Matrix& weight, int window) { return static_cast<double>(weight.cols() + weight.rows() * window); }
/// kaiming_* pass a = 0 as the slope of a leaky ReLU.
double kaiming_gain(Activation hidden) { return hidden == Activation::leakyrelu ? std::sqrt(2.0) : gain_of(hidden); }

struct InitEntry {
  const char* name;
  bool wants_gain;
  void (*fill)(Activation, Rng&, Matrix&, int window);
};

constexpr InitEntry kInits[] = {
    {"orthogonal_", true, [](Activation a, Rng& rng, Matrix& w, int) { orthogonal(gain_of(a), rng, w); }},
    {"xavier_uniform_", true,
     [](Activation a, Rng& rng, Matrix& w, int window) {
       fill_uniform(gain_of(a) * std::sqrt(6 / fan_sum(w, window)), rng, w);
     }},
    {"xavier_normal_", true,
     [](Activation a, Rng& rng, Matrix& w, int window) {
       fill_normal(gain_of(a) * std::sqrt(2 / fan_sum(w, window)), rng, w);
     }},
    {"kaiming_uniform_", true,
     [](Activation a, Rng& rng, Matrix& w, int) { fill_uniform(kaiming_gain(a) * std::sqrt(3 / fan_in(w)), rng, w); }},
    {"kaiming_normal_", true,
     [](Activation a, Rng& rng, Matrix& w, int) { fill_normal(kaiming_gain(a) / std::sqrt(fan_in(w)), rng, w); }},
    {"normal_", false, [](Activation, Rng& rng, Matrix& w, int) { fill_normal(1, rng, w); }},
    {"uniform_", false,
     [](Activation, Rng& rng, Matrix& w, int) {
       for (float& x : w.reshaped<Eigen::RowMajor>()) x = static_cast<float>(rng.random());
     }},
    {"trunc_normal_", false,
     [](Activation, Rng& rng, Matrix& w, int) {  // N(0, 1), drawn again outside [-2, 2]
       for (float& x : w.reshaped<Eigen::RowMajor>()) {
         double z = rng.standard_normal();
         while (std::abs(z) > 2) z = rng.standard_normal();
         x = static_cast<float>(z);
       }
     }},
    {"zeros_", false, [](Activation, Rng&, Matrix& w, int) { w.setZero(); }},
    {"ones_", false, [](Activation, Rng&, Matrix& w, int) { w.setOnes(); }},
    {"eye_", false, [](Activation, Rng&, Matrix& w, int) { w.setIdentity(); }},
};

const InitEntry* find(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kInits), std::end(kInits), [&](const InitEntry& e) { return name == e.name; });
  return found == std::end(kInits) ? nullptr : found;
}

}  // namespace

std::vector<std::string> init_names() {
  std::vector<std::string> names;
  for (const InitEntry& entry : kInits) names.emplace_back(entry.name);
  return names;
}

std::string init_problem(std::string_view init_fn, Activation hidden) {
  const InitEntry* entry = find(init_fn);
  if (!entry || !entry->wants_gain || known_gain(hidden)) return {};
  return fmt::format(
      "{} scales by the gain of hid_layers_activation, and PyTorch defines none for {}; use an activation that has one "
      "(relu, tanh, sigmoid, selu, leakyrelu) or an init_fn without gain (null, normal_, ...)",
      init_fn, kActivations[static_cast<int>(hidden)].name);
}

double gain_of(Activation activation) {
  const std::optional<double> gain = known_gain(activation);
  ensure(gain.has_value(), "an activation with a gain");
  return *gain;
}

void init_weight(std::string_view init_fn, Activation hidden, Rng& rng, Matrix& weight, int window) {
  const InitEntry* entry = find(init_fn);
  ensure(entry != nullptr, "an init_fn of the table");
  entry->fill(hidden, rng, weight, window);
}

void orthogonal(double gain, Rng& rng, Matrix& weight) {
  // The decomposition wants the taller orientation: its Q then has orthonormal columns.
  const bool wide = weight.rows() < weight.cols();
  Eigen::MatrixXd gaussian(wide ? weight.cols() : weight.rows(), wide ? weight.rows() : weight.cols());
  for (double& z : gaussian.reshaped()) z = rng.standard_normal();
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(gaussian);
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(gaussian.rows(), gaussian.cols());
  // Without the sign of R's diagonal Q would not be uniform over the orthogonal matrices (Mezzadri 2007).
  for (Eigen::Index j = 0; j < q.cols(); ++j)
    if (qr.matrixQR()(j, j) < 0) q.col(j) *= -1;
  if (wide) q.transposeInPlace();
  weight = (gain * q).cast<float>();
}

void init_linear_default(Rng& rng, Matrix& weight, Vector& bias) {
  const double bound = 1 / std::sqrt(fan_in(weight));
  fill_uniform(bound, rng, weight);
  for (float& b : bias) b = static_cast<float>(rng.uniform(-bound, bound));
}

}  // namespace slm
