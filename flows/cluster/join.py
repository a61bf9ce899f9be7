"""Joining a Ray cluster that runs: which one is meant, whether it answers, and why it does not.

Ray knocks for a quarter of an hour, in a thread that nothing ends. So a process of its own joins first
(`flows.cluster.knock`): it can be ended, and says in seconds what is in the way.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType

from flows.cluster.own import quiet, read_token_again, same_imports, told
from flows.errors import EnvironmentProblem, SettingsError, Stopped

CONNECT_SECONDS = 5.0
JOIN_SECONDS = 60.0
"""What Ray itself may take to join a cluster that answered."""
_TOKEN = "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to the token of the cluster"
_START = "start one with `ray start --head`, or leave the address out to use this machine alone"


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """`text` is what Ray is told: `auto` or `host:port`; `source` is where it was said, in words."""

    text: str
    source: str


def address_of(setting: str) -> ClusterAddress:
    """The address that `cluster.address` means: of `auto`, what `RAY_ADDRESS` names, if it names one.

    Raises SettingsError when it is no address of a cluster that can be joined.
    """
    address = ClusterAddress(setting, f"cluster.address={setting}")
    named = os.environ.get("RAY_ADDRESS", "")
    if setting == "auto" and named not in ("", "auto"):
        address = ClusterAddress(named, f"{named}, which RAY_ADDRESS names")
    if address.text.startswith("ray://"):
        raise SettingsError(
            f"{address.source}: Ray's client protocol does not carry progress\n"
            "    run the command on a machine of the cluster, with cluster.address=auto or HOST:6379"
        )
    host, _, port = address.text.rpartition(":")
    if address.text != "auto" and ("/" in address.text or not host or not port.isdecimal() or int(port) > 65535):
        raise SettingsError(
            f"{address.source}: not the address of a cluster\n    write HOST:6379, or auto (ray status shows it)"
        )
    return address


def check_listening(setting: str | None) -> None:
    """Whether somebody listens where `cluster.address` says, without Ray: takes as long as a connection does.

    A film that needs no worker asks too: whoever names a cluster learns that it is gone, whatever is in the store.
    Raises SettingsError, EnvironmentProblem.
    """
    if setting is None:
        return
    address = address_of(setting)
    try:
        _connect(address.text)
    except OSError as error:
        raise EnvironmentProblem(_refusal(address.source, told(error))) from error


def join(ray: ModuleType, address: ClusterAddress, seconds: float, stopped: Callable[[], bool]) -> None:
    """Connect this process. Raises EnvironmentProblem when no cluster answers within `seconds`, Stopped."""
    try:
        _connect(address.text)
        _use_token()
        _knock(address.text, seconds, stopped)
        read_token_again()
        ray.init(address=address.text, job_config=same_imports(), **quiet())
    except Stopped:
        raise
    except Exception as error:  # Ray raises bare ones, too
        raise EnvironmentProblem(_refusal(address.source, told(error))) from error


def _use_token() -> None:
    """A token that was set is meant to be used; Ray needs to be told so for an address that is written out."""
    if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"):
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _connect(address: str) -> None:
    """Raises OSError when nobody listens there."""
    host, separator, port = address.rpartition(":")
    if separator:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
        except UnicodeError as error:
            raise OSError(f"{host} is not a name of a machine") from error


def _knock(address: str, seconds: float, stopped: Callable[[], bool]) -> None:
    """Let another process join. Raises ConnectionError with what kept it from that, Stopped."""
    deadline = time.monotonic() + seconds
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cluster.knock", address],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            while process.poll() is None:
                if stopped():
                    raise Stopped("stopped")
                if time.monotonic() > deadline:
                    raise ConnectionError(f"no answer in {seconds:g} s")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
        finally:
            process.kill()
        said = process.stdout.read() if process.stdout else ""
    if process.returncode != 0:
        raise ConnectionError(said.strip() or "who listens there does not answer as Ray does")


def _refusal(source: str, why: str) -> str:
    """What Ray says, and what to do about it."""
    low = why.lower()
    there = f"the Ray cluster at {source} cannot be joined: "
    if "auth" in low and "token" in low:
        return f"{there}it asks for a token, and here is none or another one\n    {_TOKEN}"
    if "version mismatch" in low or "the cluster was started with" in low:
        return f"{there}{why}\n    the command and all machines of the cluster need the same Ray and the same Python"
    if "node info" in low or "no ray process" in low:
        return f"{there}{why}\n    run the command on one of its machines (`ray start --address=HEAD:6379` adds one)"
    return f"no Ray cluster answers at {source}: {why}\n    {_START}"
