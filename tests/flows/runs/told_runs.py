"""Runs of the deployed flow in a process of its own: python told_runs.py STORYBOARD..., each by `told_film`.

What Prefect's client keeps of a server (its events, its log) would outlive the server in the process of the tests.
"""

from __future__ import annotations

import sys

from flows.runs import film_process
from flows.runs.deployed import film

if __name__ == "__main__":
    film_process.FILMING = "tests.flows.runs.told_film"
    for storyboard in sys.argv[1:]:
        film(storyboard, return_state=True)
