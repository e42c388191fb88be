#include "slm_lab/env/gymnasium/worker.h"

#include <fmt/format.h>

#include "slm_lab/base/error.h"
#include "slm_lab/env/gymnasium/ask_python.h"
#include "slm_lab/spec/json.h"

namespace slm {
namespace {

std::string name_of(const GymnasiumKwargs& kwargs, int first_row, int num_rows) {
  const std::string rows =
      num_rows == 1 ? fmt::format("{}", first_row) : fmt::format("{} to {}", first_row, first_row + num_rows - 1);
  return fmt::format("gymnasium:{}, environment {}", kwargs.id, rows);
}

}  // namespace

GymnasiumWorker::GymnasiumWorker(const GymnasiumKwargs& kwargs, int first_row, int num_rows, ObsNumber number)
    : kwargs_(kwargs),
      first_row_(first_row),
      rows_(num_rows, kwargs.facts.value(), number),
      process_(name_of(kwargs, first_row, num_rows), kwargs.facts->python, rows_.descriptor(),
               std::chrono::duration<double>(kwargs.timeout)) {
  process_.send_text(wanted_environment(kwargs));
}

void GymnasiumWorker::hear_of_environment() {
  is_made_ = true;
  const GymnasiumFacts now = read_facts(process_.receive_text());
  const GymnasiumFacts& then = *kwargs_.facts;
  const auto same = [](const Space& a, const Space& b) {
    return a.n == b.n && a.shape == b.shape && a.of_bytes == b.of_bytes && a.low == b.low && a.high == b.high;
  };
  if (!same(now.obs, then.obs) || !same(now.action, then.action))
    process_.fail("made it with other spaces than a moment before; expected the same each time");
  process_.send_text(rows_.layout());
}

void GymnasiumWorker::wait() {
  if (!is_made_) hear_of_environment();
  if (process_.receive() == 'k') return;
  const JsonNode failure = parse_json(process_.receive_text(), "worker.py");
  if (failure.find("missing")->boolean)
    throw Error(ExitCode::missing,
                fmt::format("gymnasium:{}: {} needs a package that {} has not: {}", kwargs_.id,
                            failure.find("doing")->text, kwargs_.facts->python, failure.find("text")->text));
  process_.fail(fmt::format("failed: {} (in {} of environment {})", failure.find("text")->text,
                            failure.find("doing")->text,
                            first_row_ + static_cast<int>(failure.find("row")->integer().value())));
}

std::optional<Scene> GymnasiumWorker::draw() {
  ask(Command::draw);
  const JsonNode told = parse_json(process_.receive_text(), "worker.py");
  const std::string pixels = process_.receive_text();
  if (pixels.empty()) return std::nullopt;
  Scene scene;
  scene.width = static_cast<int>(told.find("width")->integer().value());
  scene.height = static_cast<int>(told.find("height")->integer().value());
  scene.frames_per_second = told.find("frames_per_second")->number;
  scene.screen.assign(pixels.begin(), pixels.end());
  return scene;
}

}  // namespace slm
