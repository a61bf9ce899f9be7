from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wan.errors import HubRefusal
from wan.hub.pull_lock import disk_refusal, pull_lock


def test_a_second_pull_of_a_model_is_refused_and_names_the_first(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from wan.hub.pull_lock import pull_lock\n"
        "with pull_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "m")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    ) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"held\n"
        with pytest.raises(HubRefusal, match=f"process {held.pid} pulls m already"), pull_lock(tmp_path / "m"):
            pass
        with pull_lock(tmp_path / "another"):
            pass
        held.communicate()
    with pull_lock(tmp_path / "m"):
        assert (tmp_path / ".m.lock").read_text() == str(os.getpid())


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "is full; what arrived is kept"),
        (errno.EDQUOT, "is full"),
        (errno.EFBIG, "takes no files as large as these"),
        (errno.EACCES, "cannot be written .Permission denied.; choose another place"),
    ],
)
def test_what_a_disk_refuses_is_said_with_what_to_do(number: int, told: str, tmp_path: Path) -> None:
    with pytest.raises(HubRefusal, match=told), pull_lock(tmp_path / "m"):
        raise OSError(number, os.strerror(number))
    assert str(tmp_path) in str(disk_refusal(OSError(number, "x"), tmp_path / "m"))
