"""A Ray cluster of two nodes of one core on this machine, for tests. It prints {"address": HOST:PORT, "raylets": [PID, PID]},
the head's first, and ends with its input. Run by the Python of ./slm-lab setup ray; Ray's files go to RAY_TMPDIR.
With a FOLDER as its argument the second node does not see what lies in it; "hidden": false where that needs rights we lack."""
import ctypes
import json
import os
import sys

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # Ray prints on standard output

from ray.cluster_utils import Cluster  # noqa: E402, after its environment

options = {"num_cpus": 1, "object_store_memory": 100_000_000}
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000  # linux/sched.h, linux/mount.h
libc = ctypes.CDLL(None, use_errno=True)


def hide(folder):
    """From the processes that this one starts from now on: an empty file system lies over it."""
    return (libc.unshare(CLONE_NEWNS) == 0 and libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
            and libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, None) == 0)


cluster = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
hidden = len(sys.argv) > 1 and hide(sys.argv[1])
node = cluster.add_node(**options)
cluster.wait_for_nodes()
raylets = [one.all_processes["raylet"][0].process.pid for one in (cluster.head_node, node)]
out.write(json.dumps({"address": cluster.address, "raylets": raylets, "hidden": hidden}) + "\n")
out.flush()
sys.stdin.read()
cluster.shutdown()
