#include "slm_lab/search/sampler.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "slm_lab/base/error.h"
#include "slm_lab/search/samplers.h"

namespace slm {
namespace {

struct SamplerRow {
  std::string_view name;
  std::unique_ptr<Sampler> (*make)(const std::vector<SearchDimension>& space, std::uint64_t seed);
};
constexpr std::array kSamplers = {
    SamplerRow{"tpe", make_tpe_sampler},       SamplerRow{"multivariate_tpe", make_multivariate_tpe_sampler},
    SamplerRow{"random", make_random_sampler}, SamplerRow{"sobol", make_sobol_sampler},
    SamplerRow{"grid", make_grid_sampler},
};

}  // namespace

std::unique_ptr<Sampler> make_sampler(const std::string& name, const std::vector<SearchDimension>& space,
                                      std::uint64_t seed) {
  const auto row = std::ranges::find(kSamplers, name, &SamplerRow::name);
  ensure(row != kSamplers.end(), "make_sampler: a name that meta.search_sampler does not allow");
  return row->make(searched_dimensions(space), seed);
}

}  // namespace slm
