#include "slm_lab/env/atari_games.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace slm {
namespace {

// The games of one player whose ROM comes with ale-py 0.12.1, as that library describes them. Sorted by name.
constexpr auto kGames = std::to_array<AtariGame>({
    {"Adventure", "adventure", 0x3ffff, "0-2", "0-3", true},
    {"AirRaid", "air_raid", 0x0181b, "1-8", "0", true},
    {"Alien", "alien", 0x3ffff, "0-3", "0-3", true},
    {"Amidar", "amidar", 0x03c3f, "0", "0,3", true},
    {"Assault", "assault", 0x0181f, "0", "0", true},
    {"Asterix", "asterix", 0x003fd, "0", "0", true},
    {"Asteroids", "asteroids", 0x0fcff, "0-31,128", "0,3", true},
    {"Atlantis", "atlantis", 0x01803, "0-3", "0", true},
    {"Atlantis2", "atlantis2", 0x01803, "0", "0"},
    {"Backgammon", "backgammon", 0x0001a, "0", "3"},
    {"BankHeist", "bank_heist", 0x3ffff, "0,4,8,12,16,20,24,28", "0-3", true},
    {"BasicMath", "basic_math", 0x0003f, "5-8", "0,2-3"},
    {"BattleZone", "battle_zone", 0x3ffff, "1-3", "0", true},
    {"BeamRider", "beam_rider", 0x018df, "0", "0-1", true},
    {"Berzerk", "berzerk", 0x3ffff, "1-9,16-18", "0", true},
    {"Blackjack", "blackjack", 0x00027, "0", "0-3"},
    {"Bowling", "bowling", 0x02427, "0,2,4", "0-1", true},
    {"Boxing", "boxing", 0x3ffff, "0", "0-3", true},
    {"Breakout", "breakout", 0x0001b, "0,4,8,12,16,20,24,28,32,36,40,44", "0-1", true},
    {"Carnival", "carnival", 0x0181b, "0", "0", true},
    {"Casino", "casino", 0x00027, "0,2-3", "0-3"},
    {"Centipede", "centipede", 0x3ffff, "22,86", "0", true},
    {"ChopperCommand", "chopper_command", 0x3ffff, "0,2", "0-1", true},
    {"CrazyClimber", "crazy_climber", 0x003fd, "0-3", "0-1", true},
    {"Crossbow", "crossbow", 0x3ffff, "0,2,4,6", "0-1"},
    {"Darkchambers", "darkchambers", 0x3ffff, "0", "0"},
    {"Defender", "defender", 0x3ffff, "1-9,16", "0-1", true},
    {"DemonAttack", "demon_attack", 0x0181b, "1,3,5,7", "0-1", true},
    {"DonkeyKong", "donkey_kong", 0x3ffff, "0", "0"},
    {"DoubleDunk", "double_dunk", 0x3ffff, "0-15", "0", true},
    {"Earthworld", "earthworld", 0x3ffff, "0", "0"},
    {"ElevatorAction", "elevator_action", 0x3ffff, "0", "0", true},
    {"Enduro", "enduro", 0x01b3b, "0", "0", true},
    {"Entombed", "entombed", 0x3ffff, "0", "0,2"},
    {"Et", "et", 0x3ffff, "0-2", "0-3"},
    {"FishingDerby", "fishing_derby", 0x3ffff, "0", "0-3", true},
    {"FlagCapture", "flag_capture", 0x3ffff, "8-10", "0"},
    {"Freeway", "freeway", 0x00025, "0-7", "0-1", true},
    {"Frogger", "frogger", 0x0003d, "0-2", "0-1"},
    {"Frostbite", "frostbite", 0x3ffff, "0,2", "0", true},
    {"Galaxian", "galaxian", 0x0181b, "1-9", "0-1"},
    {"Gopher", "gopher", 0x01c1f, "0,2", "0-1", true},
    {"Gravitar", "gravitar", 0x3ffff, "0-4", "0", true},
    {"Hangman", "hangman", 0x3ffff, "0-3", "0-1"},
    {"HauntedHouse", "haunted_house", 0x3ffff, "0-8", "0-1"},
    {"Hero", "hero", 0x3ffff, "0-4", "0", true},
    {"HumanCannonball", "human_cannonball", 0x3ffff, "0-7", "0-1"},
    {"IceHockey", "ice_hockey", 0x3ffff, "0,2", "0-3", true},
    {"Jamesbond", "jamesbond", 0x3ffff, "0-1", "0", true},
    {"JourneyEscape", "journey_escape", 0x3fbfd, "0", "0-1", true},
    {"Kaboom", "kaboom", 0x0001b, "0", "0"},
    {"Kangaroo", "kangaroo", 0x3ffff, "0-1", "0", true},
    {"KeystoneKapers", "keystone_kapers", 0x03fff, "0", "0"},
    {"KingKong", "king_kong", 0x0003f, "0-3", "0"},
    {"Klax", "klax", 0x3ffff, "0-2", "0"},
    {"Koolaid", "koolaid", 0x003fd, "0", "0"},
    {"Krull", "krull", 0x3ffff, "0", "0", true},
    {"KungFuMaster", "kung_fu_master", 0x3fb3d, "0", "0", true},
    {"LaserGates", "laser_gates", 0x3ffff, "0", "0"},
    {"LostLuggage", "lost_luggage", 0x003fd, "0-1", "0-1"},
    {"MarioBros", "mario_bros", 0x3ffff, "0,2,4,6", "0"},
    {"MiniatureGolf", "miniature_golf", 0x3ffff, "0", "0-1"},
    {"MontezumaRevenge", "montezuma_revenge", 0x3ffff, "0", "0", true},
    {"MrDo", "mr_do", 0x03c3f, "0-3", "0"},
    {"MsPacman", "ms_pacman", 0x003fd, "0-3", "0", true},
    {"NameThisGame", "name_this_game", 0x0181b, "8,24,40", "0-1", true},
    {"Othello", "othello", 0x003ff, "0-2", "0,2"},
    {"Pacman", "pacman", 0x0003d, "0-7", "0-1"},
    {"Phoenix", "phoenix", 0x0383b, "0", "0", true},
    {"Pitfall", "pitfall", 0x3ffff, "0", "0", true},
    {"Pitfall2", "pitfall2", 0x3ffff, "0", "0"},
    {"Pong", "pong", 0x0181b, "0-1", "0-3", true},
    {"Pooyan", "pooyan", 0x02427, "10,30,50,70", "0", true},
    {"PrivateEye", "private_eye", 0x3ffff, "0-4", "0-3", true},
    {"Qbert", "qbert", 0x0003f, "0", "0-1", true},
    {"Riverraid", "riverraid", 0x3ffff, "0", "0-1", true},
    {"RoadRunner", "road_runner", 0x3ffff, "0", "0", true},
    {"Robotank", "robotank", 0x3ffff, "0", "0", true},
    {"Seaquest", "seaquest", 0x3ffff, "0", "0-1", true},
    {"SirLancelot", "sir_lancelot", 0x0181b, "0", "0"},
    {"Skiing", "skiing", 0x00019, "0", "0", true},
    {"Solaris", "solaris", 0x3ffff, "0", "0", true},
    {"SpaceInvaders", "space_invaders", 0x0181b, "0-15", "0-1", true},
    {"SpaceWar", "space_war", 0x3ffff, "6-17", "0"},
    {"StarGunner", "star_gunner", 0x3ffff, "0-3", "0", true},
    {"Superman", "superman", 0x3ffff, "0", "0-3"},
    {"Surround", "surround", 0x0003d, "0,2", "0-3"},
    {"Tennis", "tennis", 0x3ffff, "0,2", "0-3", true},
    {"Tetris", "tetris", 0x0003b, "0", "0"},
    {"TicTacToe3D", "tic_tac_toe_3d", 0x003ff, "0-8", "0,2"},
    {"TimePilot", "time_pilot", 0x03c3f, "0", "0-2", true},
    {"Trondead", "trondead", 0x3ffff, "0", "0-1"},
    {"Turmoil", "turmoil", 0x01bff, "0-8", "0"},
    {"Tutankham", "tutankham", 0x01c3d, "0,4,8,12", "0", true},
    {"UpNDown", "up_n_down", 0x02427, "0", "0-3", true},
    {"Venture", "venture", 0x3ffff, "0", "0-3", true},
    {"VideoCheckers", "video_checkers", 0x003c2, "1-9,11-19", "0"},
    {"VideoChess", "video_chess", 0x003ff, "0-4", "0"},
    {"VideoCube", "video_cube", 0x3ffff,
     "0-2,100-102,200-202,300-302,400-402,500-502,600-602,700-702,800-802,900-902,1000-1002,1100-1102,1200-1202,1300-"
     "1302,1400-1402,1500-1502,1600-1602,1700-1702,1800-1802,1900-1902,2000-2002,2100-2102,2200-2202,2300-2302,2400-"
     "2402,2500-2502,2600-2602,2700-2702,2800-2802,2900-2902,3000-3002,3100-3102,3200-3202,3300-3302,3400-3402,3500-"
     "3502,3600-3602,3700-3702,3800-3802,3900-3902,4000-4002,4100-4102,4200-4202,4300-4302,4400-4402,4500-4502,4600-"
     "4602,4700-4702,4800-4802,4900-4902,5000-5002",
     "0-1"},
    {"VideoPinball", "video_pinball", 0x01c3f, "0,2", "0-1", true},
    {"WizardOfWor", "wizard_of_wor", 0x03c3f, "0", "0-1", true},
    {"WordZapper", "word_zapper", 0x3ffff, "0-23", "0-3"},
    {"YarsRevenge", "yars_revenge", 0x3ffff, "0,32,64,96", "0-1", true},
    {"Zaxxon", "zaxxon", 0x3ffff, "0,8,16,24", "0", true},
});

struct OldIds {
  std::string_view flavour;  // between game and version
  FrameSkip frameskip;
};
constexpr std::array kOldIds = {OldIds{"", {2, 5}}, OldIds{"NoFrameskip", {1, 1}}, OldIds{"Deterministic", {4, 4}}};

struct OldVersion {
  std::string_view suffix;
  double repeat_action_probability;
};
constexpr std::array kOldVersions = {OldVersion{"-v0", 0.25}, OldVersion{"-v4", 0.0}};

constexpr std::string_view kNewPrefix = "ALE/", kNewSuffix = "-v5";

FrameSkip frameskip_of(const OldIds& ids, const AtariGame& game) {
  // A skip of 4 hides the shots of Space Invaders, which blink.
  const bool blinks = ids.flavour == "Deterministic" && game.rom == "space_invaders";
  return blinks ? FrameSkip{3, 3} : ids.frameskip;
}

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::span<const AtariGame> atari_games() { return kGames; }

int AtariGame::num_actions() const { return std::popcount(actions); }

bool is_listed(std::string_view ranges, int value) {
  for (std::size_t at = 0; at < ranges.size();) {
    const std::string_view range = ranges.substr(at, ranges.find(',', at) - at);
    const std::size_t dash = range.find('-');
    const int low = number(range.substr(0, dash));
    const int high = dash == range.npos ? low : number(range.substr(dash + 1));
    if (low <= value && value <= high) return true;
    at += range.size() + 1;
  }
  return false;
}

std::optional<AtariId> find_atari_id(std::string_view name) {
  const auto game_of = [](std::string_view text) -> const AtariGame* {
    const auto found = std::ranges::lower_bound(kGames, text, {}, &AtariGame::name);
    return found != kGames.end() && found->name == text ? &*found : nullptr;
  };
  if (name.starts_with(kNewPrefix) && name.ends_with(kNewSuffix)) {
    name.remove_prefix(kNewPrefix.size());
    name.remove_suffix(kNewSuffix.size());
    const AtariGame* game = game_of(name);
    return game ? std::optional(AtariId{game, {4, 4}, 0.25}) : std::nullopt;
  }
  for (const OldVersion& version : kOldVersions) {
    if (!name.ends_with(version.suffix)) continue;
    const std::string_view rest = name.substr(0, name.size() - version.suffix.size());
    for (const OldIds& ids : kOldIds) {
      if (!rest.ends_with(ids.flavour)) continue;
      const AtariGame* game = game_of(rest.substr(0, rest.size() - ids.flavour.size()));
      if (game != nullptr && game->has_old_ids)
        return AtariId{game, frameskip_of(ids, *game), version.repeat_action_probability};
    }
  }
  return std::nullopt;
}

std::vector<std::string> atari_ids() {
  std::vector<std::string> ids;
  for (const AtariGame& game : kGames) ids.push_back(std::string(kNewPrefix).append(game.name).append(kNewSuffix));
  for (const AtariGame& game : kGames) {
    if (!game.has_old_ids) continue;
    for (const OldIds& old : kOldIds)
      for (const OldVersion& version : kOldVersions)
        ids.push_back(std::string(game.name).append(old.flavour).append(version.suffix));
  }
  return ids;
}

}  // namespace slm
