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

from flows.cluster.hush import hush
from flows.cluster.room import Node
from flows.errors import EnvironmentProblem, SettingsError
from flows.settings import ClusterSettings
from wan.files import is_alive

OBJECT_STORE_BYTES = 80 * 2**20
"""Near Ray's minimum: only events and small values travel; frames go through the store."""

LOOPBACK = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
"""On Linux, Ray replaces 127.0.0.1 by an address that others can reach; it leaves the rest of that net alone."""

KNOCK_SECONDS = 5.0
_KIND = "accelerator_type:"

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
"""Read by Ray when it is imported and by the processes it starts."""


class RaySession:
    """A connection to Ray, shared by all sessions of this process: the last one to `close` ends it, and with it a Ray
    that was started here."""

    def __init__(self, settings: ClusterSettings) -> None:
        if settings.address and settings.address.startswith("ray://"):
            raise SettingsError(
                f"cluster.address={settings.address}: Ray's client protocol does not carry progress\n"
                "    run the command on a machine of the cluster, with cluster.address=auto or HOST:6379"
            )
        os.environ.update({name: os.environ.get(name, value) for name, value in _ENVIRONMENT.items()})
        import ray

        self.ray: ModuleType = ray
        self._connection = _connected(ray, settings.address)

    def free(self) -> Mapping[str, float]:
        """What nobody holds now, of all machines together."""
        found: Mapping[str, float] = self.ray.available_resources()
        return found

    def nodes(self) -> tuple[Node, ...]:
        """What the living machines have in all, free or not."""
        nodes: list[dict[str, Any]] = self.ray.nodes()
        alive = [(node["Resources"], node.get("NodeID", "")) for node in nodes if node["Alive"]]
        return tuple(
            Node(float(have.get("CPU", 0)), float(have.get("GPU", 0)), _kinds(have), name) for have, name in alive
        )

    def close(self) -> None:
        """Leave. Once: a second call does nothing."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with _lock:
            connection.users -= 1
            if connection.users == 0:
                connection.end()


class _Connection(threading.Thread):
    """Ray from its start to its end: one thread, since the system ends the processes of a Ray with the thread that
    began them."""

    def __init__(self, ray: ModuleType, address: str | None) -> None:
        super().__init__(name="ray", daemon=True)
        self.users = 0
        self.address = address
        self._ray = ray
        self._folder: Path | None = None
        self._error: BaseException | None = None
        self._begun, self._done = threading.Event(), threading.Event()

    def begin(self) -> None:
        """Raises EnvironmentProblem when there is no Ray to be had; nothing is left of it then."""
        self.start()
        self._begun.wait()
        if self._error is not None:
            self.join()
            raise self._error

    def end(self) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        try:
            hush()
            self._join(self.address) if self.address else self._start_ray()
            self._begun.set()
            self._done.wait()
        except BaseException as error:  # noqa: BLE001  # not swallowed: `begin` raises it
            self._error = error
        finally:  # after a failure too: a Ray that came up by half leaves processes
            try:
                self._ray.shutdown()
                if self._folder is not None:
                    shutil.rmtree(self._folder, ignore_errors=True)
            finally:
                self._begun.set()

    def _join(self, address: str) -> None:
        try:
            _knock(address)
            self._ray.init(address=address, **_quiet())
        except (ConnectionError, RuntimeError, OSError, ValueError) as error:
            raise EnvironmentProblem(
                f"no Ray cluster answers at cluster.address={address}: {_first_line(error)}\n"
                "    start one with `ray start --head`, or leave the address out to use this machine alone"
                " (a cluster of several nodes needs the same token on each: RAY_AUTH_TOKEN)"
            ) from error

    def _start_ray(self) -> None:
        self._folder = _own_folder()
        try:
            self._ray.init(
                num_cpus=_cpus(),
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                _node_ip_address=LOOPBACK,
                _temp_dir=str(self._folder),
                **_quiet(),
            )
        except (ConnectionError, RuntimeError, OSError, ValueError) as error:
            raise EnvironmentProblem(f"Ray could not be started on this machine: {_first_line(error)}") from error


_lock = threading.Lock()
_current: _Connection | None = None


def _connected(ray: ModuleType, address: str | None) -> _Connection | None:
    """One more user of the connection of this process. None: the program that uses us has one of its own."""
    global _current
    with _lock:
        if _current is None or _current.users == 0:
            if ray.is_initialized():
                return None
            connection = _Connection(ray, address)
            connection.begin()
            _current = connection
        elif _current.address != address:
            there = _current.address or "a Ray of its own"
            raise EnvironmentProblem(
                f"this process renders on {there} already, and can use one Ray at a time: cluster.address={address}\n"
                "    render there after that, or from another process"
            )
        _current.users += 1
        return _current


def _kinds(resources: Mapping[str, float]) -> frozenset[str]:
    """Of GPUs: what follows `accelerator_type:` in the names of a node's resources."""
    return frozenset(name.removeprefix(_KIND) for name in resources if name.startswith(_KIND))


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
        if old.name.isdigit() and not is_alive(int(old.name)):
            shutil.rmtree(old, ignore_errors=True)
    return home / str(os.getpid())


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
