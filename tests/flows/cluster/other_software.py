"""Variables that give a process on a host another Ray or another Python than it has."""

from __future__ import annotations

from pathlib import Path

from tests.flows.cluster.hosts import FIRST

PLACE = Path(__file__).with_name("other")


def ray(version: str) -> dict[str, str]:
    """Ray is of that version, as far as it says itself."""
    return {"WANFLOW_TEST_RAY": version, FIRST: str(PLACE)}


def python(version: str) -> dict[str, str]:
    """Python is, as far as wanflow asks."""
    return {"WANFLOW_TEST_PYTHON": version, FIRST: str(PLACE)}
