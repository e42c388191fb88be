"""Environments that go wrong, or are of kinds of their own, for the tests of the bridge to Gymnasium."""

import os
import random
import signal
import sys

import gymnasium
import numpy
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete


class Odd(gymnasium.Env):
    """Counts steps in its only number; ends after ten, or never. The keyword arguments say what is odd about it."""

    metadata = {"render_modes": ["rgb_array", "nothing"], "render_fps": 20}

    def __init__(self, obs="box", action="discrete", at_step=None, image=None, ends=True, pictures="gray", render_mode=None):
        if pictures == "refused" and render_mode:
            raise RuntimeError("there is no screen")
        one = Box(-1, 100, (1,), numpy.float32)
        self.observation_space = {
            "box": one, "dict": Dict({"a": one}), "discrete": Discrete(5), "float64": Box(-1, 100, (1,), numpy.float64),
            "table": Box(-1, 100, (2, 3), numpy.float32), "wrong": Box(-1, 100, (2,), numpy.float32),
            "random_steps": one, "random_start": one, "scalar": Box(-1, 100, (), numpy.float32),
            "image": Box(0, 255, (5, 6, 3), numpy.uint8), "stack": Box(0, 255, (4, 5, 6), numpy.uint8),
            "wide": Box(-1e300, 1e300, (1,), numpy.float64),
        }[obs]
        self.action_space = {
            "discrete": Discrete(3), "from_five": Discrete(3, start=5), "many": MultiDiscrete([2, 2]),
            "unbounded": Box(-numpy.inf, numpy.inf, (2,), numpy.float32), "table": Box(-2, 2, (2, 2), numpy.float32),
            "most": Discrete(2**24), "too_many": Discrete(2**32 + 3), "far_too_many": Discrete(2**40),
            "wide": Box(-1e300, 1e300, (2,), numpy.float64), "wide_range": Box(-3e38, 3e38, (2,), numpy.float32),
        }[action]
        self.obs, self.at_step, self.steps = obs, at_step, 0
        self.ends, self.pictures = ends, pictures
        self.render_mode = render_mode

    def observation(self):
        if self.obs in ("image", "stack"):
            shape = self.observation_space.shape
            return (numpy.arange(numpy.prod(shape)).reshape(shape) + self.steps).astype(numpy.uint8)
        if self.obs == ("random_steps" if self.steps > 0 else "random_start"):
            return numpy.array([random.SystemRandom().random()], numpy.float32)
        if self.obs == "float64":
            return numpy.array([1 / 3 + self.steps])
        if self.obs == "table":
            return numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
        return numpy.array([self.steps], numpy.float32)

    def render(self):
        """Of odd sides, and as gray as there were steps."""
        if self.pictures == "of a package":
            raise gymnasium.error.DependencyNotInstalled("paints is not installed, run `pip install paints`")
        return numpy.full((5, 7, 3), self.steps, numpy.uint8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.observation(), {}

    def step(self, action):
        self.steps += 1
        self.last_action = action
        if self.steps == 3 and self.at_step:
            print("about to go wrong", file=sys.stderr, flush=True)
            if self.at_step == "raise":
                raise RuntimeError("out of cheese")
            if self.at_step == "exit":
                os._exit(9)
            if self.at_step == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.at_step == "bad reward":
                return self.observation(), float("nan"), False, False, {}
            if self.at_step == "bad observation":
                return numpy.array([numpy.inf], numpy.float32), 0.0, False, False, {}
        reward = float(numpy.sum(action))
        over = self.ends and self.steps >= 10
        return self.observation(), reward, over, over, {}


gymnasium.register("Odd-v0", Odd)
