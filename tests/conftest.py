"""What every test stands on, whoever starts the tests and wherever."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

OTHERS = ("PREFECT_", "RAY_", "HF_", "MODELSCOPE_", "HYDRA_", "XDG_")
NAMES = {"LANG", "LC_ALL", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}
OURS = {"RAY_USAGE_STATS_ENABLED", "PREFECT_SERVER_ANALYTICS_ENABLED", "HF_HUB_DISABLE_TELEMETRY"}
LONGEST = (
    "films/test_examples.py",
    "flows/runs/test_suspending.py",
    "films/test_paper_boat.py",
    "drill/test_drill.py",
    "flows/film/test_make.py",
    "flows/cluster/test_pool.py",
    "flows/cluster/test_keeper.py",
    "flows/film/test_killed.py",
)
"""Files that take more than half a minute each, the longest first."""


def pytest_configure() -> None:
    hear_signals()
    forget_settings()
    one_thread()
    live_elsewhere()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are handed out whole, in this order (`make test`): what takes long goes first, so that no process has it
    alone at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    on_ray = {item.path for item in items if "ray_here" in getattr(item, "fixturenames", ())}
    longest = [Path(__file__).parent / name for name in LONGEST]

    def place(item: pytest.Item) -> tuple[int, bool, bool]:
        first = longest.index(item.path) if item.path in longest else len(longest)
        return first, item.path not in on_ray, item.path not in slow

    items.sort(key=place)


def hear_signals() -> None:
    """Ctrl-C, hang-up and termination do what they do in a terminal.

    A shell that starts the tests in the background has them, and every process they start, ignore Ctrl-C; `nohup` a
    hang-up. Some runners block signals.
    """
    signals = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in signals[1:]:
        signal.signal(number, signal.SIG_DFL)


def forget_settings() -> None:
    """A person's own settings decide no test: servers, clusters, hubs, proxies, folders, the terminal's looks."""
    for name in list(os.environ):
        proxy = name.lower().endswith("_proxy")
        if proxy or name in NAMES or (name.startswith(OTHERS) and name not in OURS):
            del os.environ[name]


def live_elsewhere() -> None:
    """What is kept between commands lies in a folder of these tests, from the first of them on: none depends on which
    ran before it, and what is the person's own is left alone."""
    folder = Path(tempfile.mkdtemp(prefix="wanflow-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for kind in ("DATA", "STATE", "CACHE"):
        os.environ[f"XDG_{kind}_HOME"] = str(folder / kind.lower())
    os.environ["PREFECT_HOME"] = str(folder / "no-profiles")


def one_thread() -> None:
    """Tests run side by side, a process a core: threads of one that wait for those of another take three times as long.
    Read when torch is imported, here and in every process that a test starts."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
