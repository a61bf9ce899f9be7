"""Who is at work on what, found without believing process numbers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wan.system import locks
from wan.system.locks import hold, in_place, is_held, lock, own_folder, try_lock

HOLDER = (
    "import sys, pathlib; from wan.system.locks import hold\n"
    "held = hold(pathlib.Path(sys.argv[1])); print('here', flush=True); input()"
)

OWNER = """
import pathlib, sys, time
from wan.system.locks import own_folder
with own_folder(pathlib.Path(sys.argv[1]), ".work-") as folder:
    (folder / "socket").touch()
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_lock_is_one_processes_and_ends_with_it_though_nobody_waits_for_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert not is_held(lock)
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "here\n"
        assert is_held(lock)
        assert hold(lock) is None
        holder.kill()  # a zombie now: there is still such a process
        mine = hold(lock, seconds=10)
        assert mine is not None
        os.kill(holder.pid, 0)
    assert is_held(lock)
    mine.close()
    assert not is_held(lock)


def test_a_folder_of_ones_own_is_gone_when_it_is_not_needed(tmp_path: Path) -> None:
    with own_folder(tmp_path / "new", ".work-") as first, own_folder(tmp_path / "new", ".work-") as second:
        assert first != second
        (first / "file").touch()
    assert list((tmp_path / "new").iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away_what_somebody_works_in_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        theirs = Path(owner.stdout.readline().strip())
        with own_folder(tmp_path, ".work-") as mine, own_folder(tmp_path, ".work-") as other:
            assert {path.name for path in tmp_path.iterdir()} == {theirs.name, mine.name, other.name}
            assert (theirs / "socket").exists()
        owner.kill()
    with own_folder(tmp_path, ".other-"):
        assert theirs.exists()
    with own_folder(tmp_path, ".work-"):
        assert not theirs.exists()


def test_folders_that_are_not_ours_and_those_about_to_be_locked_are_left_alone(tmp_path: Path) -> None:
    for name in ("4711", "session_latest", "0123abcd"):
        (tmp_path / name).mkdir()
    with own_folder(tmp_path) as mine:
        assert len(list(tmp_path.iterdir())) == 4
        assert len(mine.name) == 8
    os.utime(tmp_path / "4711", (time.time() - 90_000,) * 2)
    with own_folder(tmp_path):
        assert (tmp_path / "4711").exists()


def test_a_folder_of_another_machine_stays_until_it_is_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(locks, "machine", lambda: "another")
        theirs = own_folder(tmp_path, ".work-")
        folder = theirs.__enter__()
    theirs_lock = folder / ".lock"
    kept = theirs_lock.read_text()
    theirs_lock.unlink()
    theirs_lock.write_text(kept)  # nobody here holds it: their lock is not seen on this disk
    with own_folder(tmp_path, ".work-"):
        assert folder.exists()
    os.utime(folder, (time.time() - 90_000,) * 2)
    with own_folder(tmp_path, ".work-"):
        assert not folder.exists()
    theirs.__exit__(None, None, None)


def test_a_shared_lock_is_had_by_many_and_keeps_out_who_wants_it_alone(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("ab+") as one, (tmp_path / "lock").open("ab+") as other:
        lock(one, shared=True)
        assert try_lock(other, shared=True)
        assert not try_lock(other)
        one.close()
        assert try_lock(other)


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("ab+") as one, (tmp_path / "lock").open("ab+") as other:
        lock(one)
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(lock, other)
            time.sleep(0.05)
            assert not waiting.done()
            one.close()
            waiting.result(timeout=10)


def test_a_lock_that_was_taken_away_is_not_in_its_place_though_another_one_is(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("a+b") as old:
        assert in_place(old, path)
        path.unlink()
        assert not in_place(old, path)
        path.touch()
        assert not in_place(old, path)
