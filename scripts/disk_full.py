#!/usr/bin/env python3
"""scripts/disk_full.py BUILD_FOLDER [SIZES]: trains with checkpoints on disks of SIZES (50) sizes that are all too small,
each of three trainings (one with priorities in segments, one with the rows of its replay there, too). Each run must end with exit code 4 and, when the disk has grown, go on to the
same bytes as a run that never met a full disk. The disks are tmpfs in a namespace of our own, so that no rights are
needed where user namespaces are allowed; ends with 1 when anything was lost."""
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

from inject_faults import LARGE_REPLAY, PPO, Lab, said

# Its rows are so many that they are kept in segments, too: the disk may end amid them.
LONG_REPLAY = ("dqn/dqn_cartpole.json", "ddqn_per_boltzmann_cartpole",
               ["env.max_frame=60000", "meta.log_frequency=10000", "agent.net.hid_layers=[16]",
                "agent.memory.max_size=150000", "agent.algorithm.training_frequency=2000"])
PAGE = 4096
WHOLE = 256 << 20


class Disk:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def mount(self, size):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.folder], check=True)

    def grow(self):
        subprocess.run(["mount", "-o", f"remount,size={WHOLE}", self.folder], check=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


def pages_needed(lab, disk):
    """The fewest pages of a disk on which the run ends well."""
    low, high = 1, WHOLE // PAGE
    while low < high:
        middle = min((low + high) // 2, 2 * low)
        disk.mount(middle * PAGE)
        fits = lab.train("train").returncode == 0
        disk.unmount()
        low, high = (low, middle) if fits else (middle + 1, high)
    return high


def check(build, sizes, scratch):
    disk = Disk(scratch / "disk")
    failures, codes = 0, collections.Counter()
    for spec in (LONG_REPLAY, PPO, LARGE_REPLAY):
        lab = Lab(build, spec, scratch, disk.folder / "data")
        disk.mount(WHOLE)
        assert lab.train("train").returncode == 0
        truth = lab.computed()
        disk.unmount()
        needed = pages_needed(lab, disk)
        for pages in sorted({1 + i * (needed - 2) // max(1, sizes - 1) for i in range(sizes)}):
            disk.mount(pages * PAGE)
            full = lab.train("train")
            codes[full.returncode] += 1
            disk.grow()
            again = lab.go_on()
            wrong = [] if full.returncode == 4 else [said(full)]
            wrong += lab.differences(truth) if again.returncode == 0 else ["then " + said(again)]
            disk.unmount()
            if wrong:
                failures += 1
                print(f"{lab.spec_name}, {pages} of {needed} pages: " + "; ".join(wrong), flush=True)
        print(f"{lab.spec_name}: needs {needed * PAGE >> 10} KiB; {failures} failures so far", flush=True)
    print(f"{failures} failures; exit codes on full disks: {dict(codes)}")
    return 1 if failures else 0


def main():
    if "--inside" not in sys.argv:
        os.execvp("unshare", ["unshare", "--map-root-user", "--mount", sys.executable, *sys.argv, "--inside"])
    sys.argv.remove("--inside")
    with tempfile.TemporaryDirectory(prefix="disk_full_") as scratch:
        return check(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50, pathlib.Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
