"""Timing, memory, and the rows that a run writes as it goes, so that a run cut short keeps what it has."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch


@dataclass
class Recorder:
    """Appends rows to a JSON-lines file. `deadline` is a `time.monotonic()` after which no figure is begun."""

    path: Path
    device: torch.device
    deadline: float
    profile: bool = False
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, what: str, **values: Any) -> None:
        row = {"what": what, **{name: _rounded(value) for name, value in values.items()}}
        self.rows.append(row)
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"[{time.strftime('%H:%M:%S')}] {json.dumps(row)}", flush=True)

    def wants(self, job: str, seconds: float) -> bool:
        """Whether there is time for a job."""
        if time.monotonic() + seconds < self.deadline:
            return True
        self.add("skipped", job=job, reason=f"{seconds:.0f} s do not fit any more")
        return False

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """A failure is a row, and the next job is begun: a crash would cost minutes of a rented machine."""
        start = time.monotonic()
        try:
            yield
        except Exception as error:  # noqa: BLE001 (recorded, see above)
            import traceback

            traceback.print_exc()
            self.add("failed", job=name, error=f"{type(error).__name__}: {str(error)[:300]}")
        finally:
            free_memory(self.device)
            print(f"--- {name}: {time.monotonic() - start:.1f} s in all", flush=True)

    def measure(self, function: Callable[[], Any], repeats: int) -> dict[str, Any]:
        """Median seconds of `repeats` calls, and the peak of the GPU's memory in them. Warm up before."""
        synchronise(self.device)
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            function()
            synchronise(self.device)
            seconds.append(time.perf_counter() - start)
        return {"seconds": statistics.median(seconds), "repeats": repeats, "device_bytes": device_peak(self.device)}


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def device_peak(device: torch.device) -> int:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0


def free_memory(device: torch.device) -> None:
    import gc

    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def host_peak() -> int:
    """The most host memory this process has had at once, pages of mapped files included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def host_anonymous() -> int:
    """Host memory of this process now, without pages of files."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return 0


def _rounded(value: Any) -> Any:
    return float(f"{value:.5g}") if isinstance(value, float) else value
