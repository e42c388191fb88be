#include "slm_lab/env/atari_kwargs.h"

#include <fmt/format.h>

#include "slm_lab/env/kwargs.h"
#include "slm_lab/spec/field.h"
#include "slm_lab/spec/reader.h"

namespace slm {

template <>
struct Field<FrameSkip> {
  static std::vector<std::string> types() { return {"integer", "array of integer"}; }
  static std::string expected(const Range& range) {
    return Field<int>::expected(range) + ", or two of them, [low, high], between which each step draws (high excluded)";
  }
  static std::optional<Misfit> parse(const JsonNode& node, const Range& range, FrameSkip& out) {
    if (!node.is(JsonNode::Kind::array)) {
      int frames = 0;
      if (auto misfit = Field<int>::parse(node, range, frames)) return misfit;
      out = {frames, frames};
      return std::nullopt;
    }
    std::vector<int> ends;
    if (auto misfit = Field<std::vector<int>>::parse(node, range, ends)) return misfit;
    if (ends.size() != 2 || ends[0] >= ends[1]) return Misfit{&node, {}, {}};
    out = {ends[0], ends[1]};
    return std::nullopt;
  }
  static std::string to_text(const FrameSkip& value) {
    return value.is_random() ? fmt::format("[{}, {}]", value.low, value.high) : fmt::format("{}", value.low);
  }
};

namespace {

void read_choice(SpecReader& reader, std::string_view key, std::string_view doc, std::string_view legal,
                 const AtariGame* game, std::optional<int>& value) {
  reader.read(key, value, doc, between(0, 1e6));
  if (value && game != nullptr && !is_listed(legal, *value))
    reader.problem(key, fmt::format("expected one of those that {} has: {}", game->name, legal));
}

/// Keys of ALE's vector environment that can have one value here.
void read_fixed(SpecReader& reader) {
  constexpr int kSide = 84;
  int height = kSide, width = kSide;
  bool grayscale = true;
  reader.read("img_height", height, "Atari: the height of a screen after resizing", between(kSide, kSide));
  reader.read("img_width", width, "Atari: the width of a screen after resizing", between(kSide, kSide));
  reader.read("grayscale", grayscale, "Atari: screens are gray; colours are not in this version");
  if (!grayscale) reader.problem("grayscale", "screens are gray in this version; expected true");
}

}  // namespace

EnvKwargs read_atari_kwargs(SpecReader& reader, std::string_view name) {
  AtariKwargs k;
  if (const auto id = find_atari_id(name)) {
    k.game = id->game;
    k.frameskip = id->frameskip;
    k.repeat_action_probability = id->repeat_action_probability;
  }
  reader.read("frameskip", k.frameskip, "Atari: emulator frames per step, or [low, high): drawn for each step",
              between(1, 1000));
  if (name.find("NoFrameskip") != std::string_view::npos && k.frameskip == FrameSkip{1, 1})
    reader.note("name", "one frame of the emulator is a step; elsewhere it comes with a frame skip of 4 (frameskip)");
  reader.read("repeat_action_probability", k.repeat_action_probability,
              "Atari: sticky actions, the chance that the emulator repeats the last one", between(0, 1));
  read_choice(reader, "mode", "Atari: the game's mode; null for its default", k.game ? k.game->modes : "", k.game,
              k.mode);
  read_choice(reader, "difficulty", "Atari: the position of the difficulty switches; null for 0",
              k.game ? k.game->difficulties : "", k.game, k.difficulty);
  reader.read("full_action_space", k.full_action_space, "Atari: all 18 actions instead of those the game uses");
  reader.read("max_num_frames_per_episode", k.max_num_frames_per_episode,
              "Atari: emulator frames after which an episode is truncated", between(1, 1e9));
  reader.read("stack_num", k.stack_num, "Atari: screens in one observation", between(1, 64));
  reader.read("noop_max", k.noop_max, "Atari: an episode starts after 1 to so many frames without the player",
              between(0, 10000));
  reader.read("use_fire_reset", k.use_fire_reset, "Atari: press FIRE in the first of them where the game uses it");
  reader.read("episodic_life", k.episodic_life, "Atari: losing a life ends the episode, and a new game begins");
  reader.read(
      "life_loss_info", k.life_loss_info,
      "Atari: losing a life ends the episode for the learner alone; the game goes on, returns are of full games");
  reader.read("reward_clipping", k.reward_clipping,
              "Atari: the learner sees the sign of a reward; returns are logged unclipped");
  reader.read("maxpool", k.maxpool, "Atari: pixelwise maximum of the last two frames of a step");
  read_fixed(reader);
  if (k.episodic_life && k.life_loss_info)
    reader.problem("life_loss_info", "episodic_life ends the game at a lost life already; expected one of the two");
  return k;
}

}  // namespace slm
