#pragma once

#include <string>

#include "slm_lab/base/error.h"

namespace slm {

/// A failure as a text for the user and a documented exit code.
struct Failure {
  ExitCode code;
  std::string text;
};

/// That of the exception being handled: call it in a catch block.
Failure current_failure();

}  // namespace slm
