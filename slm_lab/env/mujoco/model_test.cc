// The compiled models are those that Gymnasium's users simulate: everything of them that physics depends on, and what
// follows from it at rest, equals what was recorded from its own (tests/golden/models).
#include "slm_lab/env/mujoco/model.h"

#include <gtest/gtest.h>
#include <mujoco/mjxmacro.h>
#include <mujoco/mujoco.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slm_lab/env/registry.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "tests/support/golden_traces.h"

namespace slm::model_test {
namespace {

using Json = nlohmann::json;
using Numbers = std::map<std::string, std::vector<double>>;

template <class T>
std::vector<double> numbers(const T* first, std::size_t count) {
  return {first, first + count};
}

// MuJoCo names its fields in lists that are read by defining X.
// NOLINTBEGIN(cppcoreguidelines-macro-usage)

Numbers sizes_of(const mjModel& m) {
  Numbers out;
#define X(name) out[#name] = {static_cast<double>(m.name)};
  MJMODEL_INTS
#undef X
  return out;
}

Numbers options_of(const mjOption& opt) {
  Numbers out;
#define X(type, name) out[#name] = {static_cast<double>(opt.name)};
  MJOPTION_SCALARS
#undef X
#define X(name, size) out[#name] = numbers(opt.name, size);
  MJOPTION_VECTORS
#undef X
  return out;
}

Numbers arrays_of(const mjModel& model) {
  const mjModel* const m = &model;
  MJMODEL_POINTERS_PREAMBLE(m)
  Numbers out;
#define X(type, name, rows, columns) \
  out[#name] = numbers(m->name, static_cast<std::size_t>(m->rows) * static_cast<std::size_t>(columns));
  MJMODEL_POINTERS
#undef X
  return out;
}

// NOLINTEND(cppcoreguidelines-macro-usage)

/// At its initial pose.
Numbers physics_of(const mjModel& m) {
  const std::unique_ptr<mjData, void (*)(mjData*)> d(mj_makeData(&m), mj_deleteData);
  mj_forward(&m, d.get());
  const auto of = [](const mjtNum* first, int rows, int columns) {
    return numbers(first, static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  };
  return {{"xpos", of(d->xpos, m.nbody, 3)},
          {"xquat", of(d->xquat, m.nbody, 4)},
          {"xipos", of(d->xipos, m.nbody, 3)},
          {"geom_xpos", of(d->geom_xpos, m.ngeom, 3)},
          {"qM", of(d->qM, m.nM, 1)},
          {"qfrc_bias", of(d->qfrc_bias, m.nv, 1)},
          {"qacc", of(d->qacc, m.nv, 1)},
          {"actuator_length", of(d->actuator_length, m.nu, 1)},
          {"site_xpos", of(d->site_xpos, m.nsite, 3)},
          {"ncon", {static_cast<double>(d->ncon)}}};
}

std::vector<double> flat(const Json& value) {
  if (value.is_object()) return flat(value["data"]);
  if (value.is_number()) return {value.get<double>()};
  if (value.is_boolean()) return {value.get<bool>() ? 1.0 : 0.0};
  if (value.is_string()) return {std::stod(value.get<std::string>())};  // "inf"
  std::vector<double> out;
  for (const Json& part : value)
    for (const double number : flat(part)) out.push_back(number);
  return out;
}

/// All that was recorded, bit for bit; returns how many numbers that was.
std::size_t expect_equal(const Numbers& ours, const Json& recorded) {
  std::size_t count = 0;
  for (const auto& [name, value] : recorded.items()) {
    SCOPED_TRACE(name);
    const auto found = ours.find(name);
    if (found == ours.end()) {
      ADD_FAILURE() << "no such field";
      continue;
    }
    EXPECT_EQ(found->second, flat(value));
    count += found->second.size();
  }
  return count;
}

/// The xml_file of Gymnasium's constructor.
std::string default_file(const EnvEntry& entry) {
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "", report);
  entry.read_kwargs(reader, entry.name);
  return Json::parse(report.format().key("xml_file").default_text);
}

TEST(MujocoModels, AreGymnasiums) {
  int num_models = 0;
  for (const EnvEntry& entry : env_table()) {
    if (entry.part != "mujoco") continue;
    SCOPED_TRACE(entry.name);
    const Json recorded = Json::parse(std::ifstream(golden_folder("models") / (std::string(entry.name) + ".json")));
    const MujocoModel model(default_file(entry));
    const mjModel& m = *model.get();
    EXPECT_GT(expect_equal(sizes_of(m), recorded["sizes"]), 15u);
    EXPECT_GT(expect_equal(options_of(m.opt), recorded["opt"]), 25u);
    EXPECT_GT(expect_equal({{"center", numbers(m.stat.center, 3)},
                            {"extent", {m.stat.extent}},
                            {"meaninertia", {m.stat.meaninertia}},
                            {"meanmass", {m.stat.meanmass}},
                            {"meansize", {m.stat.meansize}}},
                           recorded["stat"]),
              6u);
    EXPECT_GT(expect_equal(arrays_of(m), recorded["arrays"]), 300u);
    EXPECT_GT(expect_equal(physics_of(m), recorded["at_qpos0"]), 20u);
    ++num_models;
  }
  EXPECT_EQ(num_models, 11);
}

}  // namespace
}  // namespace slm::model_test
