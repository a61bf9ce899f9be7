"""Starting a Ray of our own on this machine, or joining one that runs; the only module with `ray.init`.

Our own Ray listens on the loopback address, reports nothing to anybody, says nothing on the terminal, keeps its files
in a folder named after this process, and is gone when the process is: Ray's reaper sees to it even after `kill -9`.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from flows.cluster.room import Node
from flows.errors import EnvironmentProblem, SettingsError
from flows.settings import ClusterSettings

OBJECT_STORE_BYTES = 80 * 2**20
"""Near Ray's minimum: only events and small values travel; frames go through the store."""

LOOPBACK = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
"""On Linux, Ray replaces 127.0.0.1 by an address that others can reach; it leaves the rest of that net alone."""

KNOCK_SECONDS = 5.0

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
"""Read by Ray when it is imported and by the processes it starts."""

_lock = threading.Lock()


class RaySession:
    """A connection to Ray. `close` ends it, and with it a Ray that was started here."""

    def __init__(self, settings: ClusterSettings) -> None:
        if settings.address and settings.address.startswith("ray://"):
            raise SettingsError(
                f"cluster.address={settings.address}: Ray's client protocol does not carry progress\n"
                "    run the command on a machine of the cluster, with cluster.address=auto or HOST:6379"
            )
        os.environ.update({name: os.environ.get(name, value) for name, value in _ENVIRONMENT.items()})
        import ray

        self.ray: ModuleType = ray
        self._folder: Path | None = None
        self._ours = False
        with _lock:
            if not ray.is_initialized():
                self._ours = True
                self._join(settings.address) if settings.address else self._start()

    def _join(self, address: str) -> None:
        try:
            _knock(address)
            self.ray.init(address=address, **_quiet())
        except (ConnectionError, RuntimeError, OSError, ValueError) as error:
            raise EnvironmentProblem(
                f"no Ray cluster answers at cluster.address={address}: {_first_line(error)}\n"
                "    start one with `ray start --head`, or leave the address out to use this machine alone"
                " (a cluster of several nodes needs the same token on each: RAY_AUTH_TOKEN)"
            ) from error

    def _start(self) -> None:
        self._folder = _own_folder()
        try:
            self.ray.init(
                num_cpus=_cpus(),
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                _node_ip_address=LOOPBACK,
                _temp_dir=str(self._folder),
                **_quiet(),
            )
        except (ConnectionError, RuntimeError, OSError, ValueError) as error:
            raise EnvironmentProblem(f"Ray could not be started on this machine: {_first_line(error)}") from error

    def nodes(self) -> tuple[Node, ...]:
        """What the living machines have in all, free or not."""
        nodes: list[dict[str, Any]] = self.ray.nodes()
        alive = [node["Resources"] for node in nodes if node["Alive"]]
        return tuple(Node(float(have.get("CPU", 0)), float(have.get("GPU", 0)), _kinds(have)) for have in alive)

    def close(self) -> None:
        """Leave the cluster; a Ray that we started ends, and its files go."""
        if self._ours:
            with _lock:
                self.ray.shutdown()
            self._ours = False
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _kinds(have: Mapping[str, float]) -> frozenset[str]:
    """Of a node's GPUs: Ray counts one resource `accelerator_type:H100` for them."""
    return frozenset(name.partition(":")[2] for name in have if name.startswith("accelerator_type:"))


def _knock(address: str) -> None:
    """Ray would knock for minutes. Raises OSError when nobody listens at `host:port`."""
    host, separator, port = address.rpartition(":")
    if separator and port.isdigit():
        socket.create_connection((host, int(port)), timeout=KNOCK_SECONDS).close()


def _quiet() -> dict[str, Any]:
    return {"log_to_driver": False, "logging_level": logging.CRITICAL, "configure_logging": True}


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _own_folder() -> Path:
    """A short path with our process id (Unix sockets allow 107 characters); folders of dead processes are removed."""
    base = Path(tempfile.gettempdir())
    if len(str(base)) > 30 and os.access("/tmp", os.W_OK):
        base = Path("/tmp")
    home = base / f"wanflow-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.stat().st_uid != os.getuid():  # somebody was here first
        return Path(tempfile.mkdtemp(prefix="wanflow-", dir=base))
    for old in home.iterdir():
        if old.name.isdigit() and not Path(f"/proc/{old.name}").exists() and Path("/proc/self").exists():
            shutil.rmtree(old, ignore_errors=True)
    return home / str(os.getpid())


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
