"""A worker's process that the system ends, or that nobody remembers."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

SIGTERM = """
import sys, time
from flows.cluster.leaving import on_sigterm
on_sigterm(lambda: print("handed back", flush=True))
print("ready", flush=True)
sys.stdin.read()
print("went on")
"""
FORGOTTEN = """
import sys, types
import flows.cluster.leaving as leaving
removed = []
place = types.SimpleNamespace
sys.modules["ray"] = types.SimpleNamespace(util=types.SimpleNamespace(
    get_current_placement_group=lambda: "place",
    remove_placement_group=lambda place: print("gave back", place, flush=True),
))
leaving.LOOK_SECONDS = 0.01
clock = iter(range(0, 10**9, 100))
leaving.time = types.SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda seconds: None)
idle = iter([False, False, True, True, True, True, True, True])
leaving.when_nobody_asks(lambda: 0.0, lambda: next(idle))
sys.stdin.read()
print("went on")
"""


def test_who_is_told_to_go_says_its_last_words_though_the_main_thread_is_elsewhere() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SIGTERM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "handed back\n"
        assert process.wait(20) == 0


def test_who_is_idle_and_forgotten_gives_its_place_back_and_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FORGOTTEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read() == "gave back place\n"
        assert process.wait(20) == 0


def test_in_a_thread_of_a_program_signals_are_left_alone() -> None:
    from flows.cluster.leaving import on_sigterm

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=on_sigterm, args=(lambda: None,))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before
