"""Plays policies that slm-lab has trained. Training is the program's: `slm-lab --help`."""
from slm_lab.policy import Policy, load_policy

__all__ = ["Policy", "load_policy"]
