"""Folders on a machine's own disk and on a network's, as the kernel lists what is mounted."""

from __future__ import annotations

from pathlib import Path

import pytest

from wan.system.mounts import may_be_shared

MOUNTS = """\
22 1 254:0 / / rw - ext4 /dev/vda rw
31 22 0:31 / /mnt/team rw,relatime - nfs4 server:/films rw
32 31 0:32 / /mnt/team/scratch rw - tmpfs tmpfs rw
33 22 0:33 / /mnt/two\\040words rw - fuse.sshfs me@there: rw
34 22 0:34 / /mnt/over rw - cifs //there/films rw
35 22 0:35 / /mnt/over rw shared:7 - xfs /dev/vdb rw
"""


@pytest.fixture
def process(tmp_path: Path) -> Path:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "shared"),
    [
        ("/home/me/films", False),
        ("/mnt", False),
        ("/mnt/team", True),
        ("/mnt/team/monday/store", True),
        ("/mnt/teams/monday", False),
        ("/mnt/team/scratch/store", False),
        ("/mnt/two words/store", True),
        ("/mnt/over/store", False),
    ],
)
def test_the_innermost_mount_decides(process: Path, folder: str, shared: bool) -> None:
    assert may_be_shared(Path(folder), process) == shared


def test_a_link_is_where_it_leads(tmp_path: Path) -> None:
    there, link = tmp_path / "there", tmp_path / "link"
    there.mkdir()
    link.symlink_to(there)
    (tmp_path / "mountinfo").write_text(f"22 1 254:0 / / rw - ext4 /dev/vda rw\n31 22 0:31 / {there} rw - nfs x rw\n")
    assert may_be_shared(link / "store", tmp_path)


def test_where_nothing_is_listed_nothing_is_shared(tmp_path: Path) -> None:
    assert not may_be_shared(tmp_path, tmp_path / "none")


def test_this_machine_lists_its_own() -> None:
    assert not may_be_shared(Path("/proc"))
