"""What a container, a job or a unit is held to, as the kernel writes it down."""

from __future__ import annotations

from pathlib import Path

import pytest

from wan.system.host import cores, free_bytes, memory_bytes


def groups(tmp_path: Path, membership: str, mounts: list[tuple[str, str, str]], files: dict[str, str]) -> Path:
    """A process of `membership`; `mounts` are a root, a place below `tmp_path`, and a type with its options."""
    process = tmp_path / "self"
    process.mkdir()
    (process / "cgroup").write_text(membership)
    lines = [
        f"{30 + number} 23 0:{number} {root} {tmp_path / place} rw,relatime - {kind}"
        for number, (root, place, kind) in enumerate(mounts)
    ]
    (process / "mountinfo").write_text("\n".join(["22 1 254:0 / / rw - ext4 /dev/vda rw", *lines, ""]))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    return process


def test_a_container_of_version_2(tmp_path: Path) -> None:
    files = {"cg/cpu.max": "100000 100000", "cg/memory.max": str(1700 << 20)}
    process = groups(tmp_path, "0::/\n", [("/", "cg", "cgroup2 cgroup rw")], files)
    assert cores(process) == 1
    assert memory_bytes(process) == 1700 << 20


def test_a_container_of_version_1_sees_its_own_part_under_a_path_of_the_machine(tmp_path: Path) -> None:
    files = {
        "cpu/cpu.cfs_quota_us": "50000",
        "cpu/cpu.cfs_period_us": "100000",
        "memory/memory.limit_in_bytes": str(512 << 20),
    }
    membership = "4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n0::/docker/ab\n"
    mounts = [
        ("/docker/ab", "cpu", "cgroup cgroup rw,cpu,cpuacct"),
        ("/docker/ab", "memory", "cgroup cgroup rw,memory"),
    ]
    process = groups(tmp_path, membership, mounts, files)
    assert cores(process) == 1  # of half a core, one is used
    assert memory_bytes(process) == 512 << 20


def test_a_job_on_the_machine_is_held_by_every_group_above_it(tmp_path: Path) -> None:
    files = {
        "cg/memory.max": "max",
        "cg/slurm/memory.max": str(2 << 30),
        "cg/slurm/job_7/memory.max": str(4 << 30),
        "cg/slurm/cpu.max": "max 100000",
        "cg/slurm/job_7/cpu.max": "100000 100000",
    }
    process = groups(tmp_path, "0::/slurm/job_7\n", [("/", "cg", "cgroup2 cgroup rw")], files)
    assert memory_bytes(process) == 2 << 30
    assert cores(process) == 1


def test_a_quota_above_what_there_is_changes_nothing(tmp_path: Path) -> None:
    files = {"cg/cpu.max": "99900000 100000", "cg/memory.max": str(1 << 62)}
    process = groups(tmp_path, "0::/\n", [("/", "cg", "cgroup2 cgroup rw")], files)
    assert (cores(process), memory_bytes(process)) == (cores(tmp_path), memory_bytes(tmp_path))


def test_what_is_mounted_over_another_group_hides_it(tmp_path: Path) -> None:
    mounts = [("/", "memory", "cgroup cgroup rw,memory"), ("/box", "memory", "cgroup cgroup rw,memory")]
    process = groups(tmp_path, "4:memory:/box\n", mounts, {"memory/memory.limit_in_bytes": str(1 << 30)})
    assert memory_bytes(process) == 1 << 30


@pytest.mark.parametrize("said", ["max", "-1", "", "9223372036854771712"])
def test_no_limit_is_the_machine_itself(tmp_path: Path, said: str) -> None:
    process = groups(
        tmp_path, "0::/\n", [("/", "cg", "cgroup2 cgroup rw")], {"cg/memory.max": said, "cg/cpu.max": said}
    )
    assert memory_bytes(process) == memory_bytes(tmp_path / "nowhere")
    assert cores(process) == cores(tmp_path / "nowhere")


def test_what_files_take_of_a_container_is_free_as_well(tmp_path: Path) -> None:
    files = {
        "meminfo": "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB",
        "cg/memory.max": str(3 << 30),
        "cg/memory.current": str(2 << 30),
        "cg/memory.stat": f"anon 5\ninactive_file {256 << 20}\nactive_file {256 << 20}",
    }
    process = groups(tmp_path, "0::/\n", [("/", "cg", "cgroup2 cgroup rw")], files)
    assert free_bytes(process, tmp_path / "meminfo") == (1 << 30) + (512 << 20)
    (tmp_path / "cg/memory.max").write_text("max")
    assert free_bytes(process, tmp_path / "meminfo") == 4 << 30
    assert free_bytes(process, tmp_path / "none") == 0
