"""The cores and the memory of this machine that this process may use: a container, a Slurm job or a systemd unit is
held to a part of them by control groups (Linux, versions 1 and 2), which Python counts past."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_SELF = Path("/proc/self")


def cores(process: Path = _SELF) -> int:
    """CPU cores: those it may run on, at most what its quota pays for; never less than one."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min([allowed, *map(int, _quotas(process))]))


def memory_bytes(process: Path = _SELF) -> int:
    """Bytes of memory, swap apart: the machine's, or less where there is a limit."""
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_memory_limits(process)])


def free_bytes(process: Path = _SELF, machine: Path = Path("/proc/meminfo")) -> int:
    """Bytes of memory that are free, or hold nothing but files that can be read again: the machine's, or less where a
    limit leaves less. 0 where the kernel does not say (not Linux)."""
    told = dict(line.split(":", 1) for line in _read(machine).splitlines() if ":" in line)
    available = 1024 * int(told.get("MemAvailable", "0").split()[0])
    return max(0, min([available, *_room_left(process)]))


def _room_left(process: Path) -> Iterator[int]:
    """Up to the limit of each group; what its files take can be given back."""
    for group in _groups(process, "memory"):
        limit = _read(group / "memory.max") or _read(group / "memory.limit_in_bytes")
        used = _read(group / "memory.current") or _read(group / "memory.usage_in_bytes")
        if limit.isdecimal() and used.isdecimal():
            counts = dict(line.split() for line in _read(group / "memory.stat").splitlines())
            files = sum(int(counts.get(name, 0)) for name in ("inactive_file", "active_file"))
            yield int(limit) - int(used) + files


def _quotas(process: Path) -> Iterator[float]:
    """In cores, of each group on the way up: the least holds. https://docs.kernel.org/scheduler/sched-bwc.html"""
    for group in _groups(process, "cpu"):
        quota, _, period = _read(group / "cpu.max").partition(" ")
        if not quota:
            quota, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal() and int(period):  # else `max`, or -1
            yield int(quota) / int(period)


def _memory_limits(process: Path) -> Iterator[int]:
    for group in _groups(process, "memory"):
        limit = _read(group / "memory.max") or _read(group / "memory.limit_in_bytes")
        if limit.isdecimal():
            yield int(limit)


class _Mount(NamedTuple):
    """`root` of a hierarchy is seen at `place`."""

    root: str
    place: Path
    controllers: frozenset[str] | None
    """None in version 2, which has one hierarchy for all."""


def _groups(process: Path, controller: str) -> Iterator[Path]:
    """The folders of the process's group and of those it is in, as far up as they are mounted here."""
    of = dict(_memberships(process))
    for mount in _mounts(process):
        if mount.controllers is not None and controller not in mount.controllers:
            continue
        group = of.get(controller if mount.controllers is not None else "")
        if group is None:
            continue
        inside = PurePosixPath(group)
        # outside where only a part is mounted, or the numbers are another namespace's: then the part itself is ours
        below = inside.relative_to(mount.root) if inside.is_relative_to(mount.root) and ".." not in group else "."
        folder = mount.place / below
        yield from (each for each in (folder, *folder.parents) if each.is_relative_to(mount.place))


def _memberships(process: Path) -> Iterator[tuple[str, str]]:
    """Controllers with the group that the process is in; version 2 is the one without a name."""
    for line in _read(process / "cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        yield from ((controller, group) for controller in controllers.split(","))


def _mounts(process: Path) -> Iterator[_Mount]:
    """Of control groups; what is mounted over another one hides it. The format: proc(5), mountinfo."""
    seen: dict[str, _Mount] = {}
    for line in _read(process / "mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        (root, place), (kind, *rest) = before.split()[3:5], after.split()
        seen.pop(place, None)
        if kind in ("cgroup", "cgroup2"):
            controllers = frozenset(rest[-1].split(",")) if kind == "cgroup" else None
            seen[place] = _Mount(root, Path(place), controllers)
    yield from seen.values()


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
