#pragma once

#include <optional>
#include <string>

#include "slm_lab/base/scene.h"
#include "slm_lab/env/gymnasium/python_process.h"
#include "slm_lab/env/gymnasium/shared_rows.h"

namespace slm {

/// Some rows of an environment, in a process of Python. What is asked of it is done while we do something else, until
/// it is waited for.
class GymnasiumWorker {
 public:
  /// Starts it; wait() then waits until the environments are made.
  GymnasiumWorker(const GymnasiumKwargs& kwargs, int first_row, int num_rows, ObsNumber number);

  enum class Command : char {
    step = 's',          ///< every row; what ended starts anew
    step_chosen = 'p',   ///< the chosen rows, and none starts anew
    reset_chosen = 'n',  ///< the chosen rows start anew
    seed = 'r',          ///< every row starts from its seed, and from its generator where that is known
    draw = 'd',          ///< of draw()
  };
  void begin(Command command) { process_.send(static_cast<char>(command)); }
  /// Throws Error(io) where the environment or its process failed, Error(missing) where a package of Python's is.
  void wait();
  void ask(Command command) {
    begin(command);
    wait();
  }

  std::optional<Scene> draw();  ///< the first row as it looks now; nothing where it has no pictures

  const SharedRows& rows() const { return rows_; }
  int first_row() const { return first_row_; }

 private:
  void hear_of_environment();

  GymnasiumKwargs kwargs_;
  int first_row_;
  SharedRows rows_;
  PythonProcess process_;
  bool is_made_ = false;
};

}  // namespace slm
