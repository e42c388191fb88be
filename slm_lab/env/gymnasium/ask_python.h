#pragma once

#include <string>

#include "slm_lab/base/error.h"
#include "slm_lab/env/gymnasium_kwargs.h"

namespace slm {

/// Why an environment is none of ours, and the key of the spec that it is about.
class GymnasiumRefusal : public SpecError {
 public:
  GymnasiumRefusal(std::string key, const std::string& text) : SpecError(text), key_(std::move(key)) {}
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// What worker.py is to make, as JSON.
std::string wanted_environment(const GymnasiumKwargs& kwargs);

/// What worker.py answers to that. Throws GymnasiumRefusal.
GymnasiumFacts read_facts(const std::string& answer);

/// Starts a Python, makes the environment once and asks what it is. Which Python: the one that SLM_PYTHON names; else
/// the first that has Gymnasium of those of an active environment (VIRTUAL_ENV, CONDA_PREFIX), of ./slm-lab setup
/// gymnasium and of the path. Throws GymnasiumRefusal, MissingPart where none has it, and Error(io) where Python dies
/// of it.
GymnasiumFacts ask_python(const GymnasiumKwargs& kwargs);

}  // namespace slm
