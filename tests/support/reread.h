#pragma once

#include "slm_lab/base/archive.h"
#include "tests/support/scratch_folder.h"

namespace slm {

/// What a checkpoint's file gives back of what was written into it.
inline Archive reread(const Archive& written) {
  const ScratchFolder scratch;
  written.write(scratch / "archive.safetensors");
  return Archive::read(scratch / "archive.safetensors");
}

}  // namespace slm
