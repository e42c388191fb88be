// agent.net.precision: which arithmetic runs, where the processor has a fast bf16, where not, and where it is refused.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <thread>

#include "slm_lab/base/build_info.h"
#include "slm_lab/net/bf16_kernel.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

struct Trained {
  ProcessResult program;
  std::map<std::string, std::string> results;
  std::string kernel;  // of the manifest
};

/// A short SAC with hidden layers of this width.
Trained trained(const std::string& precision, int width) {
  const ScratchFolder scratch;
  Trained t;
  t.program = run_program(
      slm_lab({"run", source_dir() + std::string("/slm_lab/spec/benchmark/sac/sac_pendulum.json"), "sac_pendulum",
               "train", "--data", scratch.path().string(), "--override", "meta.max_session=1", "--override",
               "env.max_frame=1100", "--override", "agent.net.precision=\"" + precision + "\"", "--override",
               fmt::format("agent.net.hid_layers=[{}]", width)}));
  EXPECT_EQ(t.program.exit_code, 0) << t.program.err;
  const fs::path run = only_run(scratch.path());
  t.results = results_of(run);
  t.kernel = nlohmann::json::parse(read_file(run / "manifest.json")).at("starts").at(0).at("kernel");
  return t;
}

/// Calls `work` in a thread that, with the programs it starts, is refused AMX's tiles by the system.
template <class Work>
void without_permission_for_tiles(const Work& work) {
  std::thread([&] {
    constexpr std::uint32_t kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
    std::array<sock_filter, 6> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kRequestPermission, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{program.size(), program.data()};
    ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
    work();
  }).join();
}

TEST(Precision, Bf16RunsWhereTheProcessorHasItAndIsNamed) {
  const Trained float32 = trained("float32", 40), bf16 = trained("bf16", 40);
  EXPECT_THAT(float32.kernel, Not(HasSubstr("bf16")));
  if (bf16_kernels() == nullptr) {
    EXPECT_THAT(bf16.program.err, HasSubstr(bf16_missing()));
    EXPECT_EQ(bf16.kernel, float32.kernel);
    EXPECT_THAT(differing(float32.results, bf16.results), IsEmpty());
    return;
  }
  EXPECT_EQ(bf16.kernel, fmt::format("{}, {}", float32.kernel, bf16_kernels()->name));
  EXPECT_THAT(differing(float32.results, bf16.results), Not(IsEmpty()));
}

TEST(Precision, WhereTheSystemRefusesTilesFloat32IsComputedAndSaid) {
  without_permission_for_tiles([] {
    const Trained float32 = trained("float32", 40);
    if (bf16_kernels() == &kBf16KernelsAvx512) {  // which needs no tiles
      EXPECT_EQ(trained("bf16", 128).kernel, float32.kernel + ", avx512-bf16");
      return;
    }
    const auto says_so = AnyOf(HasSubstr("the system does not let this program use AMX's tiles; float32"),
                               HasSubstr("this processor has no bf16 that gains (AMX, or AVX-512 of AMD); float32"));
    const Trained refused = trained("bf16", 128), automatic = trained("auto", 128);
    EXPECT_THAT(refused.program.err, says_so);
    EXPECT_THAT(automatic.program.err, Not(says_so)) << "it asks for nothing that is lacking";
    for (const Trained& run : {refused, automatic}) EXPECT_EQ(run.kernel, float32.kernel);
    EXPECT_THAT(differing(float32.results, trained("bf16", 40).results), IsEmpty());
  });
}

TEST(Precision, AutoTakesBf16ForWideLayersOnly) {
  EXPECT_THAT(trained("auto", 40).kernel, Not(HasSubstr("bf16")));
  EXPECT_EQ(trained("auto", 128).kernel, trained("bf16", 128).kernel);
}

TEST(Precision, WhatHasNoBf16IsRefusedInWords) {
  const ScratchFolder scratch;
  const auto refused = run_program(slm_lab(
      {"run", source_dir() + std::string("/slm_lab/spec/benchmark/crossq/crossq_classic.json"), "crossq_pendulum_20k",
       "dev", "--data", scratch.path().string(), "--override", "agent.net.precision=\"bf16\""}));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("there is no bf16 for batch_renorm; expected float32, or auto"));
}

}  // namespace
}  // namespace slm
