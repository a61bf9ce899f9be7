"""The process of a submitted run: `python -m flows.runs.engine`, which is Prefect's own with two things before it.

It holds the run's lock (`flows.runs.alive`) from its first moment, and does not hear Ctrl-C in the terminal of who
serves: that one passes on what is meant for us. The flow is that of this installation, wherever a deployment would
fetch its code from: `prefect deploy` writes down a folder of the machine that it is run on.
"""

from __future__ import annotations

import os
import runpy
import signal

from flows.runs.alive import begin
from flows.runs.names import ENTRYPOINT


def main() -> None:
    """Prefect runs the flow that the environment names, and ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["PREFECT__FLOW_ENTRYPOINT"] = ENTRYPOINT
    with begin(os.environ["PREFECT__FLOW_RUN_ID"]):
        runpy.run_module("prefect.engine", run_name="__main__")


if __name__ == "__main__":
    main()
