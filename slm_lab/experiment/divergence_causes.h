#pragma once

#include <string>

namespace slm {

struct JsonNode;

/// The settings that usually make a loss NaN or infinite, by the keys that the spec with this root uses: its learning
/// rates, whether it clips gradients, the scale of its rewards.
std::string divergence_causes(const JsonNode& root);

}  // namespace slm
