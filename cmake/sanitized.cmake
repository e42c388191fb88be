# What a build with sanitizers tests. Release runs every test; sanitizers, under which all takes ten times as long, go
# each way through our code once.
set(unsanitized_files)  # not compiled: expressions for what stands before _test.cc
set(unsanitized_tests)  # not run: filters of GoogleTest
if(SLM_SANITIZE)
  list(APPEND unsanitized_files
    # Updates worked out in double, and what is learned: the contract of every algorithm and two values of every key of it
    # (registry_test, every_key_test) go the same ways.
    "algorithm/(actor_critic|c51|crossq|dqn|ppo|reinforce|sac|sarsa|sil|td3|chain|learning|loss_gradient)"
    # Traces and returns of thousands of steps: the contract of every environment (env/registry_test) steps each of them.
    "env/(.*/golden|.*/heuristic|random_policy)"
    # Texts, and runs that are compared with runs: what they start is started in cli_test, run_test, damage_test,
    # resume_test, interrupt_test and search_mode_test, and workers in Python in env/gymnasium/bridge_test.
    "tests/(digest|gymnasium|killed_search|lasting|layering|links|own_environment|pages|precision|ray_search|reference_specs)")

  list(APPEND unsanitized_tests
    "*AllocatesNothing*"  # a sanitizer's malloc is not counted
    "*.LeavesNoUpperHalvesOfRegistersInUse/*"  # a million calls, for what registers hold
    "*/EveryAlgorithm.SolvesTheIdentityEnvironment/*"  # learns
    "*/EveryAlgorithm.TrainsByTheStatisticsOfItsBatches/*"  # which way of a net is gone, and net_test goes all of them
    "*/EveryNet.GradientsAgreeWithFiniteDifferences/conv_batch_norm_past_a_vector"  # the ways of TrainsWithBatchesOfAnySize, thousands of times
    # Killed runs with two kinds of replay stand for those of every algorithm, and DamagedRun has other kinds of files.
    "*/Determinism.*" "InBf16/Kill.*" "Physics/Kill.*" "Python/Kill.*" "Atari/Kill.*"
    "Specs/Kill.*ppo*" "Specs/Kill.*a2c*" "Specs/Kill.*reinforce*" "Specs/Kill.*rainbow*" "Specs/Kill.*sac*" "Specs/Kill.*crossq*"
    "Terminate.*"  # as Interrupt, by another signal
    "Digest.*"  # whole sessions of every algorithm, twice
    # Whole sessions again: short ones on several threads and those that are continued stay.
    "*/EverySession.IsAFunctionOfSpecAndSeed/*" "*/EverySession.IsTheSameWhetherOrNotItsTimeIsDivided/*" "*/EverySession.*/ppo_acrobot"
    "Session.PhysicsThatBlowsUpIsToldAndPoisonsNothing"
    # Searches again, for what they come to: one that is continued and one that learns from another stay.
    "Search.KeepsTheModels*" "Search.OneAtATime*" "EarlierSearch.IsRefined*" "Search.RunsAll*" "Search.RunsOne*" "Search.StartsATrialAgain*"
    "Search.GivesUpATrial*"
    "SpecCheck.ReadsAFileOnce"  # twenty thousand names
    # Neither the emulator nor the reader of models is ours.
    "Atari.EveryGameCanBePlayed" "Atari.TheTableOfGamesIsAles" "*/EveryEnv.StacksItsFramesAsItSays/ALE*"
    "MujocoOptions.ModelsThatAskForTooMuchAreRefusedWithWords")
endif()
if(SLM_SANITIZE MATCHES "address")
  # What threads share: the sanitizer of threads runs it.
  list(APPEND unsanitized_tests
    "*/NetOfImages.HasGradientsOfTheSameBits*" "*/NetOfImages.TrainsToTheSameBits*" "Bf16Conv.GradientsAreTheSameBits*"
    "*/EverySession.DoesNotDependOnThreads/*" "Session.SharesGradientsAmongThreads*")
endif()
list(JOIN unsanitized_tests ":" unsanitized_tests)

# slm_select_sanitized(files): takes out of a list of tests what a sanitizer is not built for.
function(slm_select_sanitized files)
  set(kept ${${files}})
  foreach(expression ${unsanitized_files})
    list(FILTER kept EXCLUDE REGEX "/${expression}_test\\.cc$")
  endforeach()
  set(${files} ${kept} PARENT_SCOPE)
endfunction()
