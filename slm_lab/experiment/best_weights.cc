#include "slm_lab/experiment/best_weights.h"

#include <algorithm>

#include "slm_lab/base/archive.h"

namespace slm {

BestWeights::BestWeights(Algorithm& algorithm, const EnvStatistics& statistics) : statistics_(statistics) {
  for (const NamedNet& named : algorithm.nets()) nets_.push_back({named.name, named.net->parameters()});
}

bool BestWeights::offer(double score, Algorithm& algorithm, const EnvStatistics& statistics) {
  if (!(score >= score_)) return false;
  score_ = score;
  statistics_ = statistics;
  auto saved = nets_.begin();
  for (const NamedNet& named : algorithm.nets()) {
    const auto from = named.net->parameters().values.span();
    std::copy(from.begin(), from.end(), saved->parameters.values.span().begin());
    ++saved;
  }
  return true;
}

void BestWeights::serialize(Archive& archive) {
  archive("score", score_);
  archive("statistics", statistics_);
  for (Saved& saved : nets_) archive(saved.net, saved.parameters);
}

}  // namespace slm
