#include "slm_lab/cli/failure.h"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <system_error>

namespace slm {

Failure current_failure() {
  try {
    throw;
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {ExitCode::missing, "out of memory: this needs more than the machine has"};
  } catch (const std::system_error& error) {  // of the file system, and of output that cannot be written
    return {ExitCode::io, error.what()};
  } catch (const std::exception& error) {
    return {ExitCode::defect, fmt::format("a defect of slm-lab, please report it: {}", error.what())};
  } catch (...) {
    return {ExitCode::defect, "a defect of slm-lab, please report it: something that is no exception was thrown"};
  }
}

}  // namespace slm
