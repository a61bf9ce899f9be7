"""Whether the Ray that this process is connected to is still there: calls to one that is gone wait without end."""

from __future__ import annotations

import importlib
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

KNOCK_SECONDS = 3.0
"""What the connection to a machine may take."""
LOST_SECONDS = 20.0
"""A Ray whose head has not answered for so long is gone, and so is one without a process on this machine. Of a head,
Ray itself ends the whole process after 60; of the other it says nothing."""


HUNG_SECONDS = 60.0
"""A head that listens, and has answered no question for so long, hangs: longer, since a busy one is slow. Ray would
wait for it without end, in every call, and in leaving it."""
HEAD = "its head"
_TOO_LATE = 4
"""gRPC's code where there was no answer in time (DEADLINE_EXCEEDED)."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Why Ray is lost. `hangs`: its head is there, and does nothing; neither would a call that leaves it."""

    why: str
    hangs: bool = False


class Doors:
    """What a process waits for without end when it is gone, and when each was last there."""

    def __init__(self, ray: ModuleType) -> None:
        self._ray = ray
        self._doors = _doors(ray)
        now = time.monotonic()
        self._there, self._answered = dict.fromkeys(self._doors, now), now

    def look(self) -> Gone | None:
        """What has been gone for too long, if anything has. Waits for an answer for a few seconds."""
        for door, (host, port) in self._doors.items():
            if listens(host, port):
                self._there[door] = time.monotonic()
            elif time.monotonic() - self._there[door] > LOST_SECONDS:
                return Gone(f"{door} has not answered for {LOST_SECONDS:g} s")
        if head_answers(self._ray):
            self._answered = time.monotonic()
        elif time.monotonic() - self._answered > HUNG_SECONDS and self._there[HEAD] > self._answered:
            return Gone(f"{HEAD} hangs: it has answered nothing for {HUNG_SECONDS:g} s", hangs=True)
        return None


def _doors(ray: ModuleType) -> Mapping[str, tuple[str, int]]:
    """What a process waits for without end when it is gone, and where it listens."""
    context = ray.get_runtime_context()
    host, _, port = str(context.gcs_address).rpartition(":")
    doors = {HEAD: (host.strip("[]"), int(port))}
    for node in ray.nodes():
        if node["NodeID"] == context.get_node_id():
            doors["Ray on this machine"] = (str(node["NodeManagerAddress"]), int(node["NodeManagerPort"]))
    return doors


def head_answers(ray: ModuleType) -> bool:
    """Whether it gives an answer, whichever; that it refuses to give one is one."""
    try:
        _worker().global_worker.gcs_client.internal_kv_exists(b"wanflow", None, timeout=KNOCK_SECONDS)
    except ray.exceptions.RpcError as error:
        return bool(error.rpc_code != _TOO_LATE)
    except ray.exceptions.RayError:
        return True
    return True


def _worker() -> Any:
    """What Ray keeps of itself in this process."""
    return importlib.import_module("ray._private.worker")


def end_own_head() -> None:
    """Of the Ray that this process has started: what is dead is left sooner than what hangs."""
    _worker()._global_node.kill_gcs_server(check_alive=False)


def join_no_other() -> None:
    """Whoever is about to call Ray when it is lost is told so: Ray would join any cluster of this machine to answer."""
    importlib.import_module("ray._private.auto_init_hook").enable_auto_connect = False  # type: ignore[attr-defined]


def listens(host: str, port: int) -> bool:
    """Whether somebody does there, and can be reached."""
    try:
        socket.create_connection((host, port), timeout=KNOCK_SECONDS).close()
    except OSError:
        return False
    return True
