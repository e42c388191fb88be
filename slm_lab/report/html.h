#pragma once

#include <string>
#include <string_view>

#include "slm_lab/report/json_file.h"
#include "slm_lab/report/palette.h"

namespace slm {

/// Text as HTML shows it, also between quotes: no name or value of a run becomes markup.
std::string html_text(std::string_view text);

/// #2563eb
std::string html_color(Color color);

/// JSON that may stand in a <script>: nothing in it ends that. Bytes that are no UTF-8 become U+FFFD.
std::string script_json(const Json& json);

/// data:TYPE;base64,... of what a page carries within itself.
std::string data_url(std::string_view type, std::string_view bytes);

}  // namespace slm
