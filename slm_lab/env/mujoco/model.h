#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "slm_lab/env/mujoco_spaces.h"

struct mjModel_;

namespace slm {

/// A compiled MJCF: shared by the rows of an environment, and never changed.
class MujocoModel {
 public:
  /// `xml_file` as Gymnasium takes it: the name of one of its models, or a path that starts with ".", "/" or "~".
  /// Throws SpecError, naming the file, for one that is missing, malformed or cannot be simulated.
  explicit MujocoModel(const std::string& xml_file);

  const mjModel_* get() const { return model_.get(); }
  const MujocoSizes& sizes() const { return sizes_; }
  double timestep() const;
  int num_sites() const;
  std::span<const double> body_mass() const;
  /// By name or number. Throws SpecError where there is none.
  int body(const std::variant<int, std::string>& which) const;

  /// Throws SpecError unless `sha256`, as sizes() had it, is of this model: it goes on with what another one began.
  void require_same(const std::string& sha256) const;
  /// Throws SpecError unless `ok`: an environment reads what not every model has.
  void require(bool ok, std::string_view what) const;

 private:
  void read_ctrl_bounds();
  struct Delete {
    void operator()(mjModel_* model) const;
  };
  std::string xml_file_;
  std::unique_ptr<mjModel_, Delete> model_;
  MujocoSizes sizes_;
};

}  // namespace slm
