"""Folders of one process: others keep them while it lives, and clear them away when it was killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flows.scratch import clear_left, scratch

OWNER = """
import pathlib, sys, time
from flows.scratch import scratch
with scratch(pathlib.Path(sys.argv[1]), "ray-") as folder:
    (folder / "socket").touch()
    print(folder, flush=True)
    time.sleep(60)
"""


def test_nothing_is_left_of_it(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder:
        (folder / "file").touch()
    assert list(tmp_path.iterdir()) == []


def test_what_lives_is_kept_and_what_was_killed_is_cleared_away(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        there = Path(owner.stdout.readline().strip())
        with scratch(tmp_path, "ray-") as mine:
            assert mine != there
            assert (there / "socket").exists()
        owner.kill()
        owner.wait()
    clear_left(tmp_path, "other-")
    assert (there / "socket").exists()
    clear_left(tmp_path, "ray-")
    assert list(tmp_path.iterdir()) == []


def test_a_process_clears_away_neither_its_own_nor_what_has_no_lock(tmp_path: Path) -> None:
    (tmp_path / "4711").mkdir()
    with scratch(tmp_path) as one, scratch(tmp_path) as two:
        assert one.is_dir()
        assert two.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["4711"]
