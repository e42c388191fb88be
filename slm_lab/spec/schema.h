#pragma once

#include <string>

#include "slm_lab/spec/format.h"

namespace slm {

// Both are made from the format that the readers themselves described (SpecReport::describing), so they cannot disagree
// with what a run accepts. One difference: the schema wants names in the spelling shown, a run ignores their case.

/// JSON Schema (draft 2020-12) of a spec file, for editors and validators.
std::string spec_json_schema(const FormatObject& spec);

/// docs/spec.md: every key with its type, default, legal values and meaning.
std::string spec_document(const FormatObject& spec);

}  // namespace slm
