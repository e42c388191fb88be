#pragma once

#include <string>

namespace slm {

struct LabSpec;

/// The kernels that the nets of a spec compute with here, as manifests name them: "x86-64-v4", or "x86-64-v4,
/// amx-bf16".
std::string kernel_names(const LabSpec& spec);

}  // namespace slm
