"""A connection to Ray: what its machines are said to have, and that a failed start leaves nothing."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray._private import auto_init_hook

from flows.cluster import doors, own
from flows.cluster import session as ray_session
from flows.cluster.room import check_eight_bits
from flows.cluster.session import RaySession
from flows.errors import EnvironmentProblem, Stopped


class Machines:
    """A Ray with the given machines."""

    def __init__(self, *resources: dict[str, float]) -> None:
        self._resources = resources

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Resources": each, "Alive": True} for each in self._resources] + [{"Resources": {}, "Alive": False}]


def session_of(ray: Any) -> RaySession:
    made = object.__new__(RaySession)
    made.ray = ray
    return made


def gpus(kind: str) -> dict[str, float]:
    """What Ray 2 reports of a machine with eight of them."""
    return {"CPU": 64.0, "GPU": 8.0, f"accelerator_type:{kind}": 1.0, "memory": 1e9, "node:10.0.0.1": 1.0}


@pytest.mark.parametrize("kind", ["A100", "A100-40G", "A100-80G", "T4"])
def test_gpus_without_eight_bits_are_known_by_what_ray_reports(kind: str) -> None:
    nodes = session_of(Machines(gpus(kind), {"CPU": 8.0})).nodes()
    assert [(node.gpus, node.kinds) for node in nodes] == [(8.0, {kind}), (0.0, frozenset())]
    with pytest.raises(EnvironmentProblem, match=f"the cluster has {kind}"):
        check_eight_bits(nodes)


def test_one_machine_that_may_have_eight_bits_is_enough() -> None:
    check_eight_bits(session_of(Machines(gpus("A100"), gpus("H100"))).nodes())


@pytest.mark.slow
def test_a_real_ray_is_read_the_same_way(ray_here: RaySession) -> None:
    (node,) = ray_here.nodes()
    assert node.cpus > 0
    assert len(node.kinds) == (1 if node.gpus else 0)


class HalfARay:
    """Comes up by half, then fails, as Ray does when a part of it does not start; slow to be shut down."""

    def __init__(self) -> None:
        self.up = False

    def is_initialized(self) -> bool:
        return self.up

    def init(self, **options: Any) -> None:
        self.up = True
        raise RuntimeError("the node did not start")

    def shutdown(self) -> None:
        threading.Event().wait(0.2)
        self.up = False

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(gcs_address="127.0.0.1:1", get_node_id=lambda: "here")

    def nodes(self) -> list[dict[str, Any]]:
        return []


def test_a_ray_that_came_up_by_half_is_gone_before_anybody_tries_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ray_session, "_current", None)
    monkeypatch.setattr(own, "_places", lambda: iter([tmp_path]))  # the tests' real Ray lives in its own
    monkeypatch.setattr(own, "SOCKET_PATH_BYTES", 1000)
    ray: Any = HalfARay()
    before = threading.active_count()
    for _ in range(2):
        with pytest.raises(EnvironmentProblem, match="the node did not start"):
            ray_session._connected(ray, None, 5.0, lambda: False)
        assert not ray.up
        assert threading.active_count() == before


class RayThatHangs(HalfARay):
    """Comes up much later than anybody waits for."""

    def init(self, **options: Any) -> None:
        threading.Event().wait(1.0)
        self.up = True


def test_a_ray_that_does_not_come_up_is_not_waited_for_and_is_ended_when_it_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ray_session, "_current", None)
    monkeypatch.setattr(ray_session, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(own, "_places", lambda: iter([tmp_path]))
    monkeypatch.setattr(own, "SOCKET_PATH_BYTES", 1000)
    ray: Any = RayThatHangs()
    with pytest.raises(Stopped):
        ray_session._connected(ray, None, 5.0, lambda: True)
    with pytest.raises(EnvironmentProblem, match="still coming up"):
        ray_session._connected(ray, None, 5.0, lambda: False)
    assert ray_session._current is not None
    ray_session._current.join(10)
    assert not ray.up
    with pytest.raises(EnvironmentProblem, match=r"did not come up in 0\.1 s \(cluster\.start_timeout\)"):
        ray_session._connected(ray, None, 0.1, lambda: False)
    ray_session._current.join(10)


class RayWithDoors(HalfARay):
    """Whose head and whose process on this machine listen, for a while; one on another machine does not."""

    def __init__(self) -> None:
        super().__init__()
        self.doors = {name: socket.create_server(("127.0.0.1", 0)) for name in ("its head", "Ray on this machine")}

    def init(self, **options: Any) -> None:
        self.up = True

    def port(self, door: str) -> int:
        return int(self.doors[door].getsockname()[1])

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(gcs_address=f"127.0.0.1:{self.port('its head')}", get_node_id=lambda: "here")

    def nodes(self) -> list[dict[str, Any]]:
        ports = {"here": self.port("Ray on this machine"), "elsewhere": 1}
        return [{"NodeID": k, "NodeManagerAddress": "127.0.0.1", "NodeManagerPort": ports[k]} for k in ports]

    def close(self) -> None:
        for door in self.doors.values():
            door.close()


@pytest.mark.parametrize("door", ["its head", "Ray on this machine"])
def test_a_ray_that_is_gone_is_left_and_the_next_session_has_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, door: str
) -> None:
    monkeypatch.setattr(ray_session, "_current", None)
    monkeypatch.setattr(doors, "LOST_SECONDS", 0.3)
    monkeypatch.setattr(auto_init_hook, "enable_auto_connect", True)
    monkeypatch.setattr(doors, "head_answers", lambda ray: True)
    monkeypatch.setattr(ray_session, "DOOR_SECONDS", 0.05)
    monkeypatch.setattr(own, "_places", lambda: iter([tmp_path]))
    monkeypatch.setattr(own, "SOCKET_PATH_BYTES", 1000)
    first: Any = RayWithDoors()
    lost = ray_session._connected(first, None, 5.0, lambda: False)
    assert lost is not None
    session = session_of(first)
    session._connection = lost
    lost.join(0.6)
    assert not lost.lost
    first.doors[door].close()
    lost.join(10)
    assert not auto_init_hook.enable_auto_connect, "else a call would join another cluster of this machine"
    assert lost.lost == f"{door} has not answered for 0.3 s"
    for _ in range(2):  # it is known afterwards too
        assert session.lost == lost.lost
        session.close()
    assert not first.up, "left at once, though nobody has closed the session"
    second: Any = RayWithDoors()
    found = ray_session._connected(second, None, 5.0, lambda: False)
    assert found is not None
    assert found is not lost
    found.end()
    for ray in (first, second):
        ray.close()


@pytest.mark.parametrize("ours", [True, False])
def test_a_head_that_listens_and_answers_nothing_hangs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ours: bool
) -> None:
    """One of our own is ended and left as ever; another one is left without a word, and the process has to end so."""
    ended, asked = [], iter([True, True])
    monkeypatch.setattr(ray_session, "_current", None)
    monkeypatch.setattr(doors, "HUNG_SECONDS", 0.3)
    monkeypatch.setattr(ray_session, "DOOR_SECONDS", 0.05)
    monkeypatch.setattr(auto_init_hook, "enable_auto_connect", True)
    ray: Any = RayWithDoors()  # others of this process go on
    monkeypatch.setattr(doors, "head_answers", lambda which: which is not ray or next(asked, False))
    node = SimpleNamespace(kill_gcs_server=lambda check_alive: ended.append("head"))
    monkeypatch.setattr(doors, "_worker", lambda: SimpleNamespace(_global_node=node))
    monkeypatch.setattr(ray_session, "join", lambda ray, *_: ray.init())
    monkeypatch.setattr(own, "_places", lambda: iter([tmp_path]))
    monkeypatch.setattr(own, "SOCKET_PATH_BYTES", 1000)
    address: Any = None if ours else SimpleNamespace(source="HOST:6379")
    found = ray_session._connected(ray, address, 5.0, lambda: False)
    assert found is not None
    found.join(10)
    assert found.lost == "its head hangs: it has answered nothing for 0.3 s"
    assert (ended, ray.up, ray_session.must_be_left()) == ((["head"], False, False) if ours else ([], True, True))
    assert not auto_init_hook.enable_auto_connect
    ray.close()


def test_a_real_head_answers(ray_here: RaySession) -> None:
    assert doors.head_answers(ray_here.ray)
    assert not ray_session.must_be_left()
