// search_functions TRIALS REPEATS: how well each sampler does on standard functions, for scripts/compare_optuna.py. One
// line per search: the function, the sampler, and the best value found.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "slm_lab/search/sampler.h"

namespace slm {
namespace {

using enum SearchDistribution;

SearchDimension real(double low, double high) { return {"x", uniform, {low, high}, {}}; }

/// A function to be maximised.
struct Function {
  const char* name;
  std::vector<SearchDimension> space;
  double (*value)(const Parameters& x);
};

double sphere(const Parameters& x) { return -std::pow(x[0] - 1, 2) - std::pow(x[1] + 2, 2); }

double branin(const Parameters& x) {
  const double pi = std::numbers::pi;
  const double valley = x[1] - 5.1 / (4 * pi * pi) * x[0] * x[0] + 5 / pi * x[0] - 6;
  return -(valley * valley + 10 * (1 - 1 / (8 * pi)) * std::cos(x[0]) + 10);
}

double rosenbrock(const Parameters& x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i)
    sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
  return -sum;
}

/// As a spec is searched: a learning rate, a width, a number of layers, an activation.
double learner(const Parameters& x) {
  return -std::pow(std::log10(x[0]) + 3.2, 2) - std::pow((x[1] - 96) / 64, 2) - 0.3 * std::abs(x[2] - 3) -
         (x[3] == 1 ? 0 : 0.5);
}

std::vector<Function> functions() {
  return {{"sphere", {real(-5, 5), real(-5, 5)}, sphere},
          {"branin", {real(-5, 10), real(0, 15)}, branin},
          {"rosenbrock", {real(-2, 2), real(-2, 2), real(-2, 2), real(-2, 2)}, rosenbrock},
          {"learner",
           {{"lr", loguniform, {1e-5, 1e-1}, {}},
            {"width", qrandint, {16, 256, 16}, {}},
            {"layers", randint, {1, 6}, {}},
            {"activation", choice, {}, std::vector<JsonNode>(4)}},
           learner}};
}

double best(const Function& function, const std::string& sampler, std::uint64_t seed, int num_trials) {
  const auto made = make_sampler(sampler, function.space, seed);
  std::vector<PastTrial> past;
  double largest = -std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < num_trials; ++trial) {
    const Parameters drawn = *made->sample(trial, 0, past);
    past.push_back({drawn, TrialState::complete, function.value(drawn)});
    largest = std::max(largest, past.back().value);
  }
  return largest;
}

}  // namespace
}  // namespace slm

int main(int argc, char** argv) {
  const int num_trials = argc > 1 ? std::atoi(argv[1]) : 100, repeats = argc > 2 ? std::atoi(argv[2]) : 100;
  for (const slm::Function& function : slm::functions())
    for (const char* sampler : {"random", "sobol", "tpe", "multivariate_tpe"})
      for (int seed = 0; seed < repeats; ++seed)
        std::printf("%s %s %.17g\n", function.name, sampler,
                    slm::best(function, sampler, static_cast<std::uint64_t>(seed), num_trials));
}
