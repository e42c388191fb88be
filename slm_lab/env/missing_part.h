#pragma once

#include <string>

#include "slm_lab/base/error.h"

namespace slm {

/// An optional part of the program that is not installed (setup/parts.txt); the launcher can install it and try again.
class MissingPart : public Error {
 public:
  MissingPart(const std::string& text, std::string part) : Error(ExitCode::missing, text), part_(std::move(part)) {}
  const std::string& part() const { return part_; }

 private:
  std::string part_;
};

}  // namespace slm
