#include "slm_lab/experiment/filmed_episodes.h"

#include <fmt/format.h>

#include <optional>

#include "slm_lab/base/error.h"
#include "slm_lab/experiment/policy_player.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/experiment/video_file.h"
#include "slm_lab/report/scene_picture.h"

namespace slm {
namespace {

Scene scene_of(const RolloutEnv& env) {
  std::optional<Scene> scene = env.scene();
  if (!scene) throw Error(ExitCode::usage, fmt::format("--video: there is no picture of {}", env.info().name));
  return std::move(*scene);
}

}  // namespace

std::vector<double> film_episodes(const PlayedRun& run, std::uint64_t seed, ActMode mode, int episodes,
                                  const std::filesystem::path& file) {
  check_video_file(file);
  catch_stop_signals(SecondStop::end_at_once);
  PolicyPlayer player(run, seed, mode, Drawn::yes);
  std::vector<double> obs, action, returns;
  std::optional<VideoFile> video;
  const auto film = [&] {
    const Scene scene = scene_of(player.env());
    const Picture picture = paint_scene(scene);
    if (!video) video.emplace(file, picture.width, picture.height, scene.frames_per_second);
    video->add(picture);
  };
  player.at_end([&] {
    if (!player.last_step().diverged) film();  // where numbers are none, there is nothing to draw
  });
  for (int episode = 0; episode < episodes; ++episode) {
    player.reset(obs);
    film();
    double sum = 0;
    for (bool over = false; !over;) {
      if (stop_signal() != 0) throw Error(ExitCode{128 + stop_signal()}, "stopped: no video was made");
      const RolloutEnv::Step step = player.step(action, obs);
      sum += step.reward;
      over = step.terminated || step.truncated;
      if (!over) film();
    }
    returns.push_back(sum);
  }
  video->close();
  return returns;
}

}  // namespace slm
