"""A Ray of our own on this machine: where it keeps its files, and what it is kept from.

It listens on the loopback address, reports to nobody, asks nobody where it runs, has a token of its own, and heeds
nothing that the environment says about other clusters.
"""

from __future__ import annotations

import errno
import importlib
import logging
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from flows.errors import EnvironmentProblem
from wan.system.host import cores
from wan.system.locks import own_folder

OBJECT_STORE_BYTES = 80 * 2**20
"""Near Ray's minimum: only events and small values travel; frames go through the store."""

LOOPBACK = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
"""On Linux, Ray replaces 127.0.0.1 by an address that others can reach; it leaves the rest of that net alone."""

FOLDER_BYTES = 16 * 2**20
"""Room for its logs."""

SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
"""What the system allows the path of a Unix socket."""
_BELOW = "/12345678/session_2026-01-31_23-59-59_999999_4194304/sockets/plasma_store"
"""The longest path of a socket below the folder of our Rays."""

QUIET: Mapping[str, str] = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_DISABLE_FAILURE_SIGNAL_HANDLER": "1",  # it would take SIGTERM from us, print a stack, and abort
}
"""Read by Ray when it is imported and by the processes it starts."""

_OF_OTHERS = (
    "RAY_ADDRESS",
    "RAY_REDIS_ADDRESS",
    "RAY_external_storage_namespace",
    "RAY_GCS_SERVER_PORT",
    "RAY_JOB_CONFIG_JSON_ENV_VAR",
    "RAY_OVERRIDE_RESOURCES",
    "RAY_OVERRIDE_LABELS",
    "RAY_OVERRIDE_NODE_ID_FOR_TESTING",
    "RAY_AUTH_TOKEN",
    "RAY_AUTH_TOKEN_PATH",
)
"""Set in the shells, pods and jobs of a cluster, and about that one."""


@contextmanager
def own_ray(ray: ModuleType) -> Iterator[None]:
    """A Ray on this machine until the block ends, in the thread that enters and leaves it: the system ends the
    processes of a Ray with the thread that began them. Raises EnvironmentProblem."""
    with _folder() as folder:
        try:
            _start(ray, folder)
            yield
        finally:  # after a failure too: a Ray that came up by half leaves processes
            ray.shutdown()


def _start(ray: ModuleType, folder: Path) -> None:
    try:
        with _environment(), _without_reports():
            read_token_again()
            ray.init(
                address="local",
                num_cpus=cores(),
                resources={"TPU": 0},  # or it looks for them, and asks Google's metadata which they are
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                job_config=same_imports(),
                _node_ip_address=LOOPBACK,
                _temp_dir=str(folder),
                **quiet(),
            )
    except Exception as error:  # Ray raises bare ones, too
        raise EnvironmentProblem(f"Ray could not be started on this machine: {told(error)}{_advice(folder)}") from error


def _advice(folder: Path) -> str:
    return f"\n    its files are in {folder.parent}; TMPDIR=FOLDER names another place, with a short path"


def quiet() -> dict[str, Any]:
    """Arguments of `ray.init` that keep it off the terminal."""
    return {"log_to_driver": False, "logging_level": logging.CRITICAL, "configure_logging": True}


def told(error: BaseException) -> str:
    """What Ray says, in one line."""
    return " ".join(str(error).split())[:500] or type(error).__name__


def same_imports() -> Any:
    """A job whose workers import what this process imports. Ray would put the folder that the person stands in before
    everything else, which `wanflow` does not."""
    from ray.job_config import JobConfig

    ours = [os.path.abspath(entry) for entry in sys.path]
    # each is put before the others; a job of Ray's client is the one kind that the working directory is not added to
    return JobConfig(_py_driver_sys_path=ours[::-1], _client_job=True)


def read_token_again() -> None:
    """Ray remembers whether there is a token, and the first it read, also when the next cluster has another."""
    raylet: Any = importlib.import_module("ray._raylet")
    raylet.Config.initialize("")
    raylet.AuthenticationTokenLoader.instance().reset_cache()


@contextmanager
def _environment() -> Iterator[None]:
    """What the processes of our Ray inherit; this one has its own again when they are started."""
    names = (*_OF_OTHERS, "RAY_AUTH_MODE", "no_proxy")
    before = {name: os.environ[name] for name in names if name in os.environ}
    for name in _OF_OTHERS:
        os.environ.pop(name, None)
    if before.get("RAY_AUTH_MODE", "token").lower() == "token":
        # else Ray keeps one in the home folder, which need not be there
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    # its processes speak to each other: not through a proxy
    passed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    os.environ["no_proxy"] = ",".join(filter(None, (passed, LOOPBACK, "127.0.0.1", "localhost")))
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


@contextmanager
def _without_reports() -> Iterator[None]:
    """Without the process that would report how Ray is used: switched off, it still asks the metadata services of three
    clouds where it runs (`UsageStatsHead.run`), and no setting keeps Ray from starting it."""
    from ray._private import node

    started: Any = node.Node
    before = started.start_api_server
    started.start_api_server = lambda self, **options: None
    try:
        yield
    finally:
        started.start_api_server = before


@contextmanager
def _folder() -> Iterator[Path]:
    """Short enough for Ray's sockets, on a disk that can be written to. Raises EnvironmentProblem."""
    home = _home()
    with own_folder(home) as folder:
        yield folder


def _home() -> Path:
    """The folder of this user's Rays: in `TMPDIR`, or where else there is room for a socket's path."""
    said = []
    for base in _places():
        home = base / f"wanflow-{os.getuid()}"
        try:
            if len(os.fsencode(home)) + len(_BELOW) > SOCKET_PATH_BYTES:
                said.append(f"{base}: too long a path for sockets")
                continue
            _make(home)
            if shutil.disk_usage(home).free >= FOLDER_BYTES:
                return home
            said.append(f"{base}: no space")
        except OSError as error:
            said.append(f"{base}: {error.strerror}")
    raise EnvironmentProblem(
        f"no folder for Ray's files ({'; '.join(said)})\n    TMPDIR=FOLDER names one; its path may have "
        f"{SOCKET_PATH_BYTES - len(_BELOW) - len(f'/wanflow-{os.getuid()}')} bytes"
    )


def _places() -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield Path(tempfile.gettempdir()).absolute()
    yield Path("/tmp")
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):
        yield Path(runtime)
    yield Path("/dev/shm")


def _make(home: Path) -> None:
    """Raises OSError when nothing can be written there, or somebody else was there first."""
    home.mkdir(mode=0o700, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.getuid():
        raise PermissionError(errno.EPERM, f"{home.name} is somebody else's")
    with tempfile.TemporaryFile(dir=home) as file:
        file.write(b"room")
