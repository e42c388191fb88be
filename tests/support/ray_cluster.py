"""A Ray cluster of two nodes of one core on this machine, for tests. It prints {"address": HOST:PORT, "raylets": [PID, PID]},
the head's first, and ends with its input. Run by the Python of ./slm-lab setup ray; Ray's files go to RAY_TMPDIR."""
import json
import os
import sys

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # Ray prints on standard output

from ray.cluster_utils import Cluster  # noqa: E402, after its environment

options = {"num_cpus": 1, "object_store_memory": 100_000_000}
cluster = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
node = cluster.add_node(**options)
cluster.wait_for_nodes()
raylets = [one.all_processes["raylet"][0].process.pid for one in (cluster.head_node, node)]
out.write(json.dumps({"address": cluster.address, "raylets": raylets}) + "\n")
out.flush()
sys.stdin.read()
cluster.shutdown()
