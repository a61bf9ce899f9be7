"""Which disk a folder lies on: one of this machine, or one that others may have mounted, too."""

from __future__ import annotations

import os
from pathlib import Path

_SHARED = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "virtiofs", "vboxsf"),
        *("ceph", "lustre", "gpfs", "beegfs", "glusterfs", "ocfs2", "gfs2", "orangefs", "pvfs2", "panfs", "wekafs"),
    }
)
"""File systems that several machines use at once, as the kernel calls them."""
_BY_PROGRAMS = "fuse."
"""Of those that are no part of the kernel most are a network's: sshfs, s3fs, gcsfuse, glusterfs."""


def may_be_shared(folder: Path, process: Path = Path("/proc/self")) -> bool:
    """Whether other machines may see the same folder, by the file system it lies on. False where that cannot be told:
    not Linux."""
    kind = _kind_of(Path(os.path.realpath(folder)), process)
    return kind in _SHARED or kind.startswith(_BY_PROGRAMS)


def _kind_of(folder: Path, process: Path) -> str:
    """Of the innermost mount around the folder; of several at one place the last. The format: proc(5), mountinfo."""
    try:
        lines = (process / "mountinfo").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    found, depth = "", -1
    for line in lines:
        before, _, after = line.partition(" - ")
        place = Path(_plain(before.split()[4]))
        if len(place.parts) >= depth and folder.is_relative_to(place):
            found, depth = after.split()[0], len(place.parts)
    return found


def _plain(escaped: str) -> str:
    """Blanks and the like are written as octal numbers: `\\040`."""
    head, *rest = escaped.split("\\")
    return head + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)
