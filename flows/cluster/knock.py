"""Joins a cluster and leaves it again, in a process that may hang and be ended for it: `python -m flows.cluster.knock
ADDRESS`.

Exit code 0: it can be joined; 1: it cannot, and stdout says why.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any

ANSWER_SECONDS = 10
"""What a cluster may take to answer at all, once Ray is imported: the system ends this process then."""
JOIN_SECONDS = 60
"""What it may take from there to be joined."""

_PATIENCE = {"RAY_gcs_server_request_timeout_seconds": "5", "RAY_NUM_REDIS_GET_RETRIES": "1"}
"""Ray's own times for a cluster that is there, but not on this machine."""


def main(address: str) -> int:
    """Say what keeps Ray from joining, if anything does."""
    os.environ.update(_PATIENCE)
    import ray
    from ray._private.authentication.authentication_token_setup import ensure_token_if_auth_enabled

    from flows.cluster.own import quiet, told

    raylet: Any = importlib.import_module("ray._raylet")
    services: Any = importlib.import_module("ray._private.services")
    try:
        signal.alarm(ANSWER_SECONDS)
        ensure_token_if_auth_enabled(create_token_if_missing=False)  # what follows would end the process without a word
        raylet.GcsClient(address=services.canonicalize_bootstrap_address(address))
        signal.alarm(JOIN_SECONDS)
        if not services.find_node_ids():
            print("no Ray process on this machine")
            return 1
        ray.init(address=address, **quiet())
    except Exception as error:  # noqa: BLE001  # whatever it is, it is said
        print(told(error.__cause__ or error))
        return 1
    ray.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
