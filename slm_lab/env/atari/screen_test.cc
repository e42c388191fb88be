#include "slm_lab/env/atari/screen.h"

#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/base/rng.h"

namespace slm::screen_test {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr int kWidth = 160, kSide = AtariScreen::kSide;

/// The resizing as it is described: every share in turn, columns first.
Bytes plainly_shrunk(const Bytes& gray, int height) {
  std::vector<float> sums(kSide * kSide);
  for (const AreaShare& row : area_shares(height, kSide)) {
    std::vector<float> narrow(kSide);
    for (const AreaShare& column : area_shares(kWidth, kSide)) {
      const auto pixel = static_cast<float>(gray[static_cast<std::size_t>(row.from * kWidth + column.from)]);
      narrow[static_cast<std::size_t>(column.to)] += pixel * column.weight;
    }
    for (std::size_t i = 0; i < kSide; ++i)
      sums[static_cast<std::size_t>(row.to) * kSide + i] += row.weight * narrow[i];
  }
  Bytes out;
  for (const float sum : sums) out.push_back(static_cast<std::uint8_t>(std::nearbyint(sum)));
  return out;
}

struct Film {
  explicit Film(int height) : screen(static_cast<std::size_t>(height) * kWidth) {
    for (auto& value : gray) value = static_cast<std::uint8_t>(rng.integers(0, 256));
    for (auto& pixel : screen) pixel = random_pixel();
  }
  std::uint8_t random_pixel() { return static_cast<std::uint8_t>(2 * rng.integers(0, 128)); }
  /// Something moves: a few pixels, a row, or nothing.
  const Bytes& next() {
    for (std::int64_t i = rng.integers(0, 40); i > 0; --i)
      screen[static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(screen.size())))] = random_pixel();
    return screen;
  }
  Bytes in_gray(const Bytes& of) const {
    Bytes out;
    for (const std::uint8_t pixel : of) out.push_back(gray[pixel / 2]);
    return out;
  }
  Rng rng{std::uint64_t{5}};
  std::array<std::uint8_t, 128> gray{};
  Bytes screen;
};

Bytes brighter(Bytes a, const Bytes& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::max(a[i], b[i]);
  return a;
}

TEST(AtariScreen, ShowsWhatItWouldShowAnew) {
  for (const auto& [height, with] :
       {std::pair{210, ScreenRows::With::plain_code}, std::pair{210, ScreenRows::With::the_best},
        std::pair{214, ScreenRows::With::the_best}, std::pair{220, ScreenRows::With::the_best},
        std::pair{230, ScreenRows::With::the_best}, std::pair{250, ScreenRows::With::the_best}}) {
    SCOPED_TRACE(testing::Message() << height << (with == ScreenRows::With::plain_code ? ", plain code" : ""));
    Film film(height);
    AtariScreen screen(height, film.gray, with);
    for (int t = 0; t < 60; ++t) {
      const Bytes one = film.next(), other = film.next();
      Bytes expected = brighter(film.in_gray(one), film.in_gray(other));
      screen.show_brighter(one, other);
      if (t % 7 == 3) {  // a game ends, another begins
        const Bytes last = film.next();
        expected = brighter(std::move(expected), film.in_gray(last));
        screen.add_brighter(last);
      } else if (t % 7 == 4) {
        expected = film.in_gray(one);
        screen.show(one);
      } else if (t % 7 == 5) {
        screen.set_gray(expected);
      }
      ASSERT_EQ(Bytes(screen.gray().begin(), screen.gray().end()), expected);
      ASSERT_EQ(Bytes(screen.shrunk().begin(), screen.shrunk().end()), plainly_shrunk(expected, height));
    }
  }
}

}  // namespace
}  // namespace slm::screen_test
