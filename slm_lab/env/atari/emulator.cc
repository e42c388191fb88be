#include "slm_lab/env/atari/emulator.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>

#include "slm_lab/base/error.h"
#include "slm_lab/env/missing_part.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

/// Stays loaded until the program ends: what is in use could not be unloaded anyway.
const SlmAle& load_ale(const fs::path& library) {
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr)
    throw Error(ExitCode::missing, fmt::format("cannot load the Arcade Learning Environment: {}", dlerror()));
  auto* const function = reinterpret_cast<SlmAleFunction*>(dlsym(handle, "slm_ale"));
  if (function == nullptr || function()->version != kSlmAleVersion)
    throw MissingPart(library.string() + " is of another version of slm-lab; install it with: ./slm-lab setup ale",
                      "ale");
  return *function();
}

constexpr int kScreenWidth = 160, kLeastHeight = 84;

}  // namespace

AleFiles AleFiles::installed() {
  const fs::path folder = SLM_ALE_FOLDER;
  return folder.empty() ? AleFiles{} : AleFiles{folder / "lib/libslm_ale.so", folder / "roms"};
}

bool AleFiles::are_there() const {
  std::error_code unreadable;
  return !library.empty() && fs::exists(library, unreadable);
}

AtariCartridge::AtariCartridge(const AtariGame& game, const AleFiles& files) {
  if (!files.are_there())
    throw MissingPart("needs the Arcade Learning Environment; install it with: ./slm-lab setup ale", "ale");
  ale_ = &load_ale(files.library);
  rom_ = files.roms / (std::string(game.rom) + ".bin");
  if (std::error_code unreadable; !fs::exists(rom_, unreadable))
    throw Error(ExitCode::missing, fmt::format("{}: no such ROM; remove {} and repeat ./slm-lab setup ale", rom_,
                                               files.roms.parent_path().string()));
}

Emulator::Emulator(const AtariCartridge& cartridge, const AtariKwargs& kwargs)
    : ale_(&cartridge.ale()), game_(nullptr, Close{ale_}) {
  std::array<char, 256> why{};
  game_.reset(ale_->open(cartridge.rom().c_str(), kwargs.max_num_frames_per_episode, why.data(), why.size()));
  if (game_ == nullptr) throw Error(ExitCode::corrupt, fmt::format("{}: {}", cartridge.rom(), why.data()));
  if (kwargs.mode && ale_->set_mode(game_.get(), *kwargs.mode, why.data(), why.size()) != 0)
    throw SpecError(fmt::format("mode = {}: {}", *kwargs.mode, why.data()));
  if (kwargs.difficulty && ale_->set_difficulty(game_.get(), *kwargs.difficulty, why.data(), why.size()) != 0)
    throw SpecError(fmt::format("difficulty = {}: {}", *kwargs.difficulty, why.data()));
  ale_->facts(game_.get(), &facts_);
  ensure(facts_.screen_width == kScreenWidth && facts_.screen_height >= kLeastHeight &&
             facts_.screen_height <= kMostPixels / kScreenWidth,
         "a screen of the Atari 2600");
}

std::span<const std::uint8_t> Emulator::screen() const {
  return {facts_.screen,
          static_cast<std::size_t>(facts_.screen_height) * static_cast<std::size_t>(facts_.screen_width)};
}

void Emulator::save(std::vector<std::uint8_t>& state) const {
  state.resize(ale_->save(game_.get(), nullptr, 0));
  ale_->save(game_.get(), reinterpret_cast<char*>(state.data()), state.size());
}

void Emulator::load(std::span<const std::uint8_t> state) {
  std::array<char, 256> why{};
  if (ale_->load(game_.get(), reinterpret_cast<const char*>(state.data()), state.size(), why.data(), why.size()) != 0)
    throw Error(ExitCode::corrupt, fmt::format("the state of an emulator: {}", why.data()));
}

}  // namespace slm
