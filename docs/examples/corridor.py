"""A corridor as an environment of Gymnasium, for docs/own_environment.md."""

import gymnasium
import numpy


class Corridor(gymnasium.Env):
    """Action 1 walks right, 0 left; a step costs 0.1, and the last cell pays 1 and ends the episode."""

    def __init__(self, length=10):
        self.length = length
        self.observation_space = gymnasium.spaces.Box(0, 1, (1,), numpy.float32)
        self.action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)  # makes self.np_random: draw from nothing else
        self.cell = int(self.np_random.integers(0, self.length // 2))
        return self.observation(), {}

    def step(self, action):
        self.cell = min(max(self.cell + (1 if action == 1 else -1), 0), self.length - 1)
        arrived = self.cell == self.length - 1
        return self.observation(), 1.0 if arrived else -0.1, arrived, False, {}

    def observation(self):
        return numpy.array([self.cell / (self.length - 1)], numpy.float32)


gymnasium.register("Corridor-v0", Corridor, max_episode_steps=100)
