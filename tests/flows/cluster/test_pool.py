"""The pool with real Ray workers: what they say, what happens when they fail, die or are stopped."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cluster import Pool, RendererSpec, open_pool
from flows.errors import ClusterLost, EnvironmentProblem, SettingsError, Stopped
from flows.events import Event, Failed, Finished, Log, Progress, Started
from flows.planning.model import Clip
from flows.settings import ClusterSettings
from flows.store import Store
from tests.flows.cluster.clips import real_clip
from tests.flows.cluster.conftest import OpenPool
from tests.flows.cluster.troubled import KIND

pytestmark = pytest.mark.slow


def run(pool: Pool, clips: Sequence[Clip]) -> list[Event]:
    pool.submit(clips)
    return list(pool.events())


def finished(events: Sequence[Event]) -> list[str]:
    return [event.fingerprint for event in events if isinstance(event, Finished)]


def failures(events: Sequence[Event]) -> list[Failed]:
    return [event for event in events if isinstance(event, Failed)]


def test_progress_rises_before_the_clip_exists(pool: OpenPool, store: Store) -> None:
    boat = real_clip("a boat")
    rendering = pool(RendererSpec("stub", {"seconds": 0.8, "steps": 4}), max_workers=1)
    rendering.submit([boat])
    seen = [
        event.step
        for event in rendering.events()
        if isinstance(event, Progress) and event.fingerprint and store.record(boat.fingerprint) is None
    ]
    assert seen[:3] == [1, 2, 3]
    assert store.record(boat.fingerprint) is not None


def test_clips_of_one_pool_can_have_renderers_of_their_own(pool: OpenPool, tmp_path: Path) -> None:
    """Each folder has what its renderer was asked for, also where the worker has to change over and back."""
    folders = {name: tmp_path / name for name in ("own", "other")}
    for folder in folders.values():
        folder.mkdir()
    own, other = (RendererSpec(KIND, {"folder": str(folder)}) for folder in folders.values())
    rendering = pool(own, max_workers=1)
    first, second, third = (real_clip(prompt) for prompt in ("first", "second", "third"))
    after = real_clip("after", after=[second])
    rendering.submit([first])
    rendering.submit([second, after], other)
    rendering.submit([third])
    assert sorted(finished(list(rendering.events()))) == sorted(c.fingerprint for c in (first, second, third, after))
    written = {name: sorted((folder / "rendered.txt").read_text().split()) for name, folder in folders.items()}
    assert written == {"own": ["first", "third"], "other": ["after", "second"]}


def test_clips_can_be_left_out_until_they_are_begun(pool: OpenPool, store: Store) -> None:
    rendering = pool(RendererSpec("stub", {"seconds": 1.0, "steps": 4}), max_workers=1)
    clips = [real_clip(prompt) for prompt in ("first", "second", "third")]
    names = {clip.fingerprint for clip in clips}
    rendering.submit(clips)
    begun = ended = None
    for event in rendering.events():
        if isinstance(event, Started) and begun is None:
            begun = event.fingerprint
            assert rendering.leave_out(names) == names - {begun}
        if isinstance(event, Finished):
            ended = event.fingerprint
    assert begun == ended, "the pool has nothing else to do"
    late = real_clip("late")
    rendering.submit([late])
    assert finished(list(rendering.events())) == [late.fingerprint]


def test_a_chain_is_rendered_in_order_and_leaves_whole_clips(pool: OpenPool, store: Store) -> None:
    first = real_clip("first")
    second = real_clip("second", after=[first])
    events = run(pool(), [second, first])
    assert finished(events) == [first.fingerprint, second.fingerprint]
    record = store.record(second.fingerprint)
    assert record is not None
    assert store.intact(record)
    assert 0 < record.scores["quality"] <= 1
    assert record.worker.startswith("worker-")


def test_a_clip_whose_worker_is_killed_is_rendered_by_another(pool: OpenPool) -> None:
    boat = real_clip("a boat that dies once")
    events = run(pool(max_workers=2, attempts=2), [boat])
    starts = [event for event in events if isinstance(event, Started)]
    assert [event.attempt for event in starts] == [1, 2]
    assert [event.final for event in failures(events)] == [False]
    assert finished(events) == [boat.fingerprint]


def test_a_worker_that_hangs_is_replaced_and_a_slow_one_that_speaks_is_not(pool: OpenPool) -> None:
    hanging, slow = real_clip("a boat that hangs once"), real_clip("a boat that is slow")
    # each of its steps is shorter than what is allowed, all together are longer
    events = run(pool(max_workers=1, attempts=5, silence_timeout=4.0), [hanging, slow])
    assert {event.message for event in failures(events)} == {
        "worker died: it said nothing for 4 s (cluster.silence_timeout)"
    }
    assert {event.fingerprint for event in failures(events)} == {hanging.fingerprint}
    assert sorted(finished(events)) == sorted([hanging.fingerprint, slow.fingerprint])


def test_a_clip_that_kills_every_worker_is_given_up_and_the_others_go_on(pool: OpenPool) -> None:
    deadly, harmless = real_clip("a boat that dies always"), real_clip("harmless")
    events = run(pool(max_workers=1, attempts=2), [deadly, harmless])
    assert [event.final for event in failures(events)] == [False, True]
    assert finished(events) == [harmless.fingerprint]


def test_a_request_that_cannot_be_served_is_not_tried_again_and_takes_its_followers_along(pool: OpenPool) -> None:
    bad = real_clip("this is refused")
    follower = real_clip("follower", after=[bad])
    events = run(pool(attempts=3), [bad, follower, real_clip("independent")])
    first, second = failures(events)
    assert first.final
    assert "17x17" in first.message
    assert (second.fingerprint, second.because_of) == (follower.fingerprint, bad.fingerprint)
    assert finished(events) == [real_clip("independent").fingerprint]


def test_a_worker_that_stumbles_gets_another_attempt(pool: OpenPool) -> None:
    events = run(pool(max_workers=1, attempts=3), [real_clip("stumbles once")])
    assert [event.final for event in failures(events)] == [False]
    assert len(finished(events)) == 1


def test_attempts_come_to_an_end(pool: OpenPool) -> None:
    events = run(pool(max_workers=1, attempts=3), [real_clip("stumbles always")])
    assert [event.final for event in failures(events)] == [False, False, True]
    assert "out of memory" in failures(events)[-1].message


def test_what_the_libraries_log_comes_out_as_events(pool: OpenPool) -> None:
    events = run(pool(max_workers=1), [real_clip("a boat speaks")])
    assert any(isinstance(event, Log) and "says hello" in event.message for event in events)


def test_a_clip_that_somebody_finished_meanwhile_is_not_rendered(pool: OpenPool, tmp_path: Path) -> None:
    boat = real_clip("a boat")
    run(pool(max_workers=1), [boat])
    again = run(pool(max_workers=1), [boat])
    assert [event.cached for event in again if isinstance(event, Finished)] == [True]
    assert (tmp_path / "rendered.txt").read_text() == "a boat\n"


def test_cancelling_ends_a_running_clip_at_once_and_publishes_nothing(pool: OpenPool, store: Store) -> None:
    long = real_clip("a boat takes long")
    rendering = pool(max_workers=1)
    rendering.submit([long])
    for event in rendering.events():
        if isinstance(event, Progress) and event.step == 3:
            break
    start = time.monotonic()
    rendering.cancel()
    assert time.monotonic() - start < 4.5  # one that does not heed it is ended after 5 s
    # at most what it said before it was stopped
    assert all(isinstance(event, Progress) and event.step < 100 for event in rendering.events())
    assert store.record(long.fingerprint) is None


def test_a_gpu_that_no_machine_has_is_said_quickly(pool: OpenPool) -> None:
    start = time.monotonic()
    with pytest.raises(EnvironmentProblem, match=r"needs 9 GPUs, the cluster has \d+ GPU"):
        run(pool(gpus_per_worker=9.0), [real_clip("a boat")])
    assert time.monotonic() - start < 10


def test_a_mistake_of_ours_before_there_is_a_keeper_is_raised_and_not_waited_for(
    pool: OpenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("flows.cluster.pool.terms_of", fail)
    with pytest.raises(ZeroDivisionError, match="ours"):
        run(pool(), [real_clip("a boat")])


def test_a_mistake_of_ours_in_the_keeper_is_raised_and_not_waited_for(pool: OpenPool) -> None:
    with pytest.raises(AttributeError):
        run(pool(), [None])  # type: ignore[list-item]


JOIN = """
import sys, tempfile
from dataclasses import replace
from ray.cluster_utils import Cluster
from flows.cluster import RendererSpec, open_pool
from flows.config import compose
from flows.events import Finished
from tests.flows.cluster.clips import real_clip

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
settings = replace(compose(["cluster=ray"]).settings.cluster, address=cluster.address, gpus_per_worker=0.0)
with open_pool(settings, RendererSpec("stub"), tempfile.mkdtemp()) as pool:
    pool.submit([real_clip("a boat")])
    print("finished", sum(isinstance(event, Finished) for event in pool.events()))
print("still there", cluster.head_node.any_processes_alive())
cluster.shutdown()
"""


def test_a_running_cluster_is_joined_and_left_running() -> None:
    done = subprocess.run([sys.executable, "-c", JOIN], capture_output=True, text=True, timeout=120, check=False)
    assert "finished 1" in done.stdout, done.stdout + done.stderr
    assert "still there True" in done.stdout


TWO = """
import os, tempfile, threading
from dataclasses import replace
from pathlib import Path
import ray
from flows.cluster import RendererSpec, open_pool
from flows.config import compose
from flows.errors import EnvironmentProblem
from flows.events import Finished, Started
from tests.flows.cluster.clips import real_clip

settings = replace(compose([]).settings.cluster, max_workers=1)
store = tempfile.mkdtemp()
one = open_pool(settings, RendererSpec("stub", {"seconds": 0.1}), store)
one.submit([real_clip("a")])
assert any(isinstance(event, Finished) for event in one.events())
# needs every processor: it waits until the other is closed, longer than it would for a stranger
everything = replace(settings, cpus_per_worker=float(len(os.sched_getaffinity(0))), start_timeout=3.0)
two = open_pool(everything, RendererSpec("stub"), store)
two.submit([real_clip("b")])
threading.Timer(4.0, one.close).start()
print("finished", sum(isinstance(event, Finished) for event in two.events()), "there", ray.is_initialized())
elsewhere = open_pool(replace(settings, address="127.0.0.1:1"), RendererSpec("stub"), store)
try:
    elsewhere.submit([real_clip("c")])
    list(elsewhere.events())
except EnvironmentProblem as error:
    print(str(error).splitlines()[0])
elsewhere.close()
two.close()
print("there", ray.is_initialized())
with open_pool(settings, RendererSpec("stub"), store) as three:
    three.submit([real_clip("d")])
    print("again", sum(isinstance(event, Finished) for event in three.events()))
"""


def test_two_pools_of_a_process_share_a_ray_that_lives_as_long_as_the_last() -> None:
    done = subprocess.run([sys.executable, "-c", TWO], capture_output=True, text=True, timeout=150, check=False)
    assert done.stdout.splitlines() == [
        "finished 1 there True",
        "this process renders on a Ray of its own already, and can use one Ray at a time: cluster.address=127.0.0.1:1",
        "there False",
        "again 1",
    ], done.stdout + done.stderr


def test_an_address_where_nothing_listens_is_the_users_mistake() -> None:
    code = (
        "from dataclasses import replace; from flows.cluster import RendererSpec, open_pool\n"
        "from flows.config import compose\n"
        "from tests.flows.cluster.clips import real_clip\n"
        "settings = replace(compose([]).settings.cluster, address='127.0.0.1:1')\n"
        "pool = open_pool(settings, RendererSpec('stub'), '/nowhere'); pool.submit([real_clip('a')])\n"
        "list(pool.events())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert "EnvironmentProblem: no Ray cluster answers at cluster.address=127.0.0.1:1" in done.stderr


def test_rays_client_protocol_is_refused_with_the_way_out(cluster_settings: ClusterSettings) -> None:
    with (
        open_pool(replace(cluster_settings, address="ray://head:10001"), RendererSpec("stub"), "/nowhere") as pool,
        pytest.raises(SettingsError, match="HOST:6379"),
    ):
        run(pool, [real_clip("a boat")])


class SessionThatIsLost:
    """Nobody answers its questions any more, and it knows that a moment later."""

    def __init__(self, settings: ClusterSettings, stopped: object) -> None:
        self._since = time.monotonic()

    @property
    def lost(self) -> str:
        return "its head is asleep" if time.monotonic() - self._since > 0.5 else ""

    def nodes(self) -> None:
        threading.Event().wait()

    def close(self) -> None:
        pass


class SessionThatIsLeft(SessionThatIsLost):
    """The question comes back with an error, as soon as it is lost."""

    def nodes(self) -> None:
        while not self.lost:
            time.sleep(0.01)
        raise Stopped("stopped")


@pytest.mark.parametrize("session", [SessionThatIsLost, SessionThatIsLeft])
@pytest.mark.parametrize(("address", "named"), [(None, "the Ray of this film"), ("h:1", "cluster.address=h:1")])
def test_a_cluster_that_is_gone_is_an_error_and_nobody_waits_for_its_answers(
    monkeypatch: pytest.MonkeyPatch,
    cluster_settings: ClusterSettings,
    tmp_path: Path,
    address: str,
    named: str,
    session: type,
) -> None:
    monkeypatch.setattr("flows.cluster.pool.RaySession", session)
    settings = replace(cluster_settings, address=address)
    began = time.monotonic()
    told = rf"{named} is gone: its head is asleep; finished takes are kept\n.*the same command"
    with open_pool(settings, RendererSpec("stub"), str(tmp_path / "store")) as pool:
        pool.submit([real_clip("a boat")])
        with pytest.raises(ClusterLost, match=told):
            list(pool.events())
    assert time.monotonic() - began < 5.0
