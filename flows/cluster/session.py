"""Starting a Ray of our own on this machine, or joining one that runs: a connection that all pools of a process share.

Our own is described in `flows.cluster.own`, joining in `flows.cluster.join`; it is gone when the process is: Ray's
reaper sees to it even after `kill -9`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from flows.cluster.doors import Doors, end_own_head, join_no_other, listens
from flows.cluster.join import JOIN_SECONDS, ClusterAddress, address_of, join
from flows.cluster.own import QUIET, own_ray
from flows.cluster.quiet import keep_quiet
from flows.cluster.room import Node
from flows.errors import EnvironmentProblem, Stopped
from flows.settings import ClusterSettings

STOP_SECONDS = 10.0
"""What a Ray that is coming up may take to be ended when the person stops."""
LOOK_SECONDS = 0.1
DOOR_SECONDS = 2.0
_KIND = "accelerator_type:"

NAMESPACE = "wanflow"
"""Of everything in a cluster that outlives a film."""


def _never() -> bool:
    return False


class RaySession:
    """A connection to Ray, shared by all sessions of this process: the last one to `close` ends it, and with it a Ray
    that was started here."""

    def __init__(self, settings: ClusterSettings, stopped: Callable[[], bool] = _never) -> None:
        """`stopped` is asked while Ray comes up. Raises SettingsError, EnvironmentProblem, Stopped."""
        address = address_of(settings.address) if settings.address is not None else None
        os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
        import ray

        self.ray: ModuleType = ray
        self._lost = ""
        self._connection = _connected(ray, address, settings.start_timeout, stopped)

    @property
    def lost(self) -> str:
        """What is gone, if Ray is, so that every call to it would wait without end; else empty."""
        return self._lost if self._connection is None else self._connection.lost

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

    def end_named(self, name: str) -> None:
        """End an actor of ours for good; nothing happens if there is none."""
        with suppress(ValueError, self.ray.exceptions.RayError):
            self.ray.kill(self.ray.get_actor(name, namespace=NAMESPACE), no_restart=True)

    def named(self, prefix: str) -> tuple[str, ...]:
        """Actors of ours whose name begins so, without that beginning."""
        found = self.ray.util.list_named_actors(all_namespaces=True)
        names = [actor["name"] for actor in found if actor["namespace"] == NAMESPACE]
        return tuple(sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix)))

    def answers(self, node_id: str) -> bool:
        """Whether that machine can be reached, however busy its processes are; Ray notices much later that one is
        gone."""
        for node in self.ray.nodes():
            if node.get("NodeID") == node_id and node["Alive"]:
                return listens(node["NodeManagerAddress"], int(node["NodeManagerPort"]))
        return False

    def close(self) -> None:
        """Leave. Once: a second call does nothing."""
        connection = self._connection
        if connection is None:
            return
        self._lost, self._connection = connection.lost, None
        with _lock:
            connection.users -= 1
            if connection.users == 0:
                connection.end()


class _Connection(threading.Thread):
    """Ray from its start to its end: one thread, since the system ends the processes of a Ray with the thread that
    began them."""

    def __init__(self, ray: ModuleType, address: ClusterAddress | None, seconds: float) -> None:
        super().__init__(name="ray", daemon=True)
        self.users = 0
        self.lost = ""
        self.hung = False
        self.address = address
        self._ray = ray
        self._seconds = seconds
        self._error: BaseException | None = None
        self._begun, self._done = threading.Event(), threading.Event()

    def begin(self, stopped: Callable[[], bool]) -> None:
        """Raises EnvironmentProblem when there is no Ray to be had, and Stopped; nothing is left of it then, unless
        Ray itself does not come back."""
        self.start()
        deadline = time.monotonic() + self._seconds + (JOIN_SECONDS if self.address else 0.0)
        while not self._begun.wait(LOOK_SECONDS):
            if stopped() or time.monotonic() > deadline:
                self._done.set()
                self.join(STOP_SECONDS)
                if stopped():
                    raise Stopped("stopped")
                raise EnvironmentProblem(f"Ray did not come up in {self._seconds:g} s (cluster.start_timeout)")
        if self._error is not None:
            self.join()
            raise self._error

    def end(self) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        try:
            keep_quiet()
            if self.address is None:
                with own_ray(self._ray):
                    self._live()
            else:
                try:
                    join(self._ray, self.address, self._seconds, self._done.is_set)
                    self._live()
                finally:
                    if not self.hung:
                        self._ray.shutdown()
        except BaseException as error:  # noqa: BLE001  # not swallowed: `begin` raises it
            self._error = error
        finally:
            self._begun.set()

    def _live(self) -> None:
        """Until nobody uses it any more, or it is lost: then it is left at once, before Ray ends this process."""
        doors = Doors(self._ray)
        self._begun.set()
        while not self._done.wait(DOOR_SECONDS):
            gone = doors.look()
            if gone is None:
                continue
            if gone.hangs and self.address is None:
                end_own_head()
            join_no_other()
            self.hung = gone.hangs and self.address is not None
            self.lost = gone.why
            return


def must_be_left() -> bool:
    """Whether this process cannot end as others do: what Ray does at its end waits for a head that hangs."""
    return _current is not None and _current.hung


_lock = threading.Lock()
_current: _Connection | None = None


def _connected(
    ray: ModuleType, address: ClusterAddress | None, seconds: float, stopped: Callable[[], bool]
) -> _Connection | None:
    """One more user of the connection of this process. None: the program that uses us has one of its own."""
    global _current
    with _lock:
        if _current is not None and _current.users == 0 and _current.is_alive():
            raise EnvironmentProblem("the last Ray of this process is still coming up or going down; try again then")
        if _current is None or _current.users == 0 or _current.lost:
            if ray.is_initialized():
                return None
            _current = _Connection(ray, address, seconds)
            _current.begin(stopped)
        elif _current.address != address:
            there = _current.address.source if _current.address else "a Ray of its own"
            asked = address.source if address else "cluster=local"
            raise EnvironmentProblem(
                f"this process renders on {there} already, and can use one Ray at a time: {asked}\n"
                "    render there after that, or from another process"
            )
        _current.users += 1
        return _current


def _kinds(resources: Mapping[str, float]) -> frozenset[str]:
    """Of GPUs: what follows `accelerator_type:` in the names of a node's resources."""
    return frozenset(name.removeprefix(_KIND) for name in resources if name.startswith(_KIND))
