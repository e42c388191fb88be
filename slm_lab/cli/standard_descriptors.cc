#include "slm_lab/cli/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "slm_lab/base/error.h"

namespace slm {

void open_standard_descriptors() {
  int opened = 0;
  do opened = open("/dev/null", O_RDWR);  // the lowest number that is free
  while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened < 0) std::_Exit(static_cast<int>(ExitCode::io));
  close(opened);
}

}  // namespace slm
