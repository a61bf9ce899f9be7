"""What a worker says of a clip, without the Ray around it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.cluster.failures import Blame, Fault
from flows.cluster.job import Ahead, HandedBack, Job, Message, Warm
from flows.cluster.read_ahead import ReadAhead
from flows.cluster.renderers import RendererSpec
from flows.cluster.store_claims import alone_in
from flows.cluster.worker import Worker
from flows.errors import BlobCorrupt, BlobMissing
from flows.events import Finished, Log, Progress
from flows.store import open_store
from flows.store.identity import identified
from tests.flows.cluster.clips import real_clip
from tests.flows.cluster.page_cache import at_work, cached, large_file, until
from tests.flows.film.reading import READER
from wan.families import FAMILIES
from wan.weights.checkpoint import Checkpoint

STUB = RendererSpec("stub")
SLOW = RendererSpec("stub", {"seconds": 60.0, "steps": 600})


def worker_on(folder: Path, spec: RendererSpec = STUB, identity: bytes | None = None) -> Worker:
    store = open_store(str(folder))
    return Worker("w", spec, store.address, identity or identified(store), 1)


def said(worker: Worker) -> Iterator[Message]:
    """What is said of the job from its beginning to its end."""
    after = 0
    while True:
        heard = worker.listen(after, 10.0)
        yield from heard.messages
        after += len(heard.messages)
        if heard.over:
            return


def last(worker: Worker, spec: RendererSpec = STUB) -> Message:
    worker.begin(Job(real_clip("a boat"), spec))
    *_, message = said(worker)
    return message


def test_a_clip_is_rendered_into_the_store_that_the_film_is_made_from(tmp_path: Path) -> None:
    assert isinstance(last(worker_on(tmp_path)), Finished)


@pytest.mark.parametrize("there", ["nothing", "another store"])
def test_where_the_store_is_not_mounted_nothing_is_rendered_and_the_machine_is_at_fault(
    tmp_path: Path, there: str
) -> None:
    if there == "another store":
        identified(open_store(str(tmp_path)))
    before = sorted(tmp_path.iterdir())
    fault = last(worker_on(tmp_path, identity=b"of the film"))
    assert isinstance(fault, Fault)
    assert (fault.blame, fault.every_variant) == (Blame.NODE, True)
    assert f"{tmp_path} is not the film's store there; mount the same folder on all machines" in fault.message
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("spec", [RendererSpec("no.such.module:Class"), RendererSpec("wan", {"family": "huge"})])
def test_a_renderer_that_cannot_be_built_is_the_machines_fault(tmp_path: Path, spec: RendererSpec) -> None:
    fault = last(worker_on(tmp_path, spec), spec)
    assert isinstance(fault, Fault)
    assert fault.blame is Blame.NODE


def test_what_another_machine_renders_into_the_same_folder_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.cluster.store_claims.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("flows.store.store.may_be_shared", lambda folder: folder == tmp_path)
    worker, clip = worker_on(tmp_path), real_clip("a boat")
    with alone_in(open_store(str(tmp_path)), clip.fingerprint, "of another machine", lambda: False, lambda: None):
        worker.begin(Job(clip, STUB))
        heard = worker.listen(0, 10.0)
        assert [type(message) for message in heard.messages] == [Log]
        assert not heard.over
    assert isinstance([*said(worker)][-1], Finished)
    assert open_store(str(tmp_path)).notes("claims") == ()


def test_one_worker_renders_with_what_each_film_asks_for(tmp_path: Path) -> None:
    worker = worker_on(tmp_path)
    for prompt, steps in (("one", 2), ("two", 3), ("three", 2)):
        worker.begin(Job(real_clip(prompt), RendererSpec("stub", {"steps": steps})))
        told = [message for message in said(worker) if isinstance(message, Progress) and message.stage == "denoise"]
        assert [message.step for message in told] == [*range(1, steps + 1)]


def test_a_clip_is_handed_back_where_the_gang_was_lost_before_it_was_begun(tmp_path: Path) -> None:
    spec = RendererSpec("tests.flows.cluster.troubled_gang:WithoutGang", {"idle": True})
    assert last(worker_on(tmp_path), spec) == HandedBack(real_clip("a boat").fingerprint)


def test_a_clip_whose_gang_is_lost_is_lost(tmp_path: Path) -> None:
    fault = last(worker_on(tmp_path), RendererSpec("tests.flows.cluster.troubled_gang:WithoutGang", {"idle": False}))
    assert isinstance(fault, Fault)
    assert (fault.blame, fault.lost, fault.spoilt) == (Blame.UNKNOWN, True, True)


def test_what_was_said_is_said_again_to_who_asks_anew_until_the_end_was_heard(tmp_path: Path) -> None:
    worker = worker_on(tmp_path)
    assert worker.doing() is None
    job = Job(real_clip("a boat"), STUB, attempt=2)
    worker.begin(job)
    first = worker.listen(0, 10.0).messages[0]
    assert worker.doing() == job or worker.listen(0, 0.0).over
    assert next(said(worker)) == first, "from the beginning"
    assert isinstance([*said(worker)][-1], Finished)
    assert worker.doing() is None


def test_a_worker_that_is_stopped_ends_without_a_result_and_goes_on_with_the_next(tmp_path: Path) -> None:
    worker = worker_on(tmp_path, SLOW)
    worker.begin(Job(real_clip("long"), SLOW))
    assert worker.listen(0, 10.0).messages
    worker.stop()
    assert not any(isinstance(message, Finished | Fault) for message in said(worker))
    assert isinstance(last(worker), Finished)


def test_a_worker_that_the_system_ends_hands_its_clip_back(tmp_path: Path) -> None:
    worker = worker_on(tmp_path, SLOW)
    job = Job(real_clip("long"), SLOW)
    worker.begin(job)
    assert worker.listen(0, 10.0).messages
    leaving = threading.Thread(target=worker._leave)
    leaving.start()
    *_, end = said(worker)
    assert end == HandedBack(job.clip.fingerprint)
    leaving.join(10.0)
    assert not leaving.is_alive(), "it was heard"
    worker.begin(job)
    assert [*said(worker)] == [HandedBack(job.clip.fingerprint)], "it begins nothing more"


def test_what_it_holds_is_said_as_soon_as_it_denoises(tmp_path: Path) -> None:
    worker = worker_on(tmp_path)
    made = real_clip("a boat")
    worker.begin(Job(made, STUB))
    messages = list(said(worker))
    assert messages[0] == Warm(frozenset({made.model}))
    assert isinstance(messages[1], Progress)
    assert sum(isinstance(message, Warm) for message in messages) == 2, "then, and at the end"


def test_while_it_denoises_the_next_models_files_are_read_and_no_longer(tmp_path: Path) -> None:
    file = large_file(tmp_path / "weights")
    worker = worker_on(tmp_path / "store")
    worker._ahead = ReadAhead(lambda ahead: [file], least_bytes=1)
    worker.listen(0, 0.0, Ahead("i2v-a14b", STUB))
    assert cached(file) == 0, "nothing is denoised"
    worker.begin(Job(real_clip("a boat"), SLOW))
    assert until(lambda: cached(file) == 1)
    worker.stop()
    list(said(worker))
    assert until(lambda: not at_work())


@pytest.mark.parametrize("spec", [STUB, RendererSpec("wan", {"family": "tiny"})])
def test_it_says_which_checkpoints_are_there_while_it_renders(tmp_path: Path, spec: RendererSpec) -> None:
    worker = worker_on(tmp_path)
    worker.begin(Job(real_clip("a boat"), SLOW))
    found = worker.checkpoints(spec, ["t2v-a14b"])
    worker.stop()
    tiny = Checkpoint.open(FAMILIES["tiny"], "t2v-a14b").revision
    assert found == {"t2v-a14b": tiny if spec.kind == "wan" else None}
    list(said(worker))


def test_a_clip_whose_inputs_are_damaged_says_which_and_is_not_tried_elsewhere(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    reading = RendererSpec(READER, {"folder": str(tmp_path), "spoils": 1})
    worker = worker_on(tmp_path / "store", reading)
    first = real_clip("first")
    then = real_clip("then", [first])
    worker.begin(Job(first, reading))
    list(said(worker))
    worker.begin(Job(then, reading))
    (fault,) = [message for message in said(worker) if isinstance(message, Fault)]
    assert (fault.blame, fault.damaged) == (Blame.CLIP, (first.fingerprint,))
    assert store.record(first.fingerprint) is not None, "whoever knows the graph withdraws it"


def test_what_is_whole_at_the_second_look_is_tried_again(tmp_path: Path) -> None:
    worker = worker_on(tmp_path / "store")
    first = real_clip("first")
    worker.begin(Job(first, STUB))
    list(said(worker))
    for error in (BlobCorrupt("a moment ago"), BlobMissing("a moment ago")):
        fault = worker._fault(real_clip("then", [first]), error)
        assert (fault.blame, fault.damaged) == (Blame.UNKNOWN, ())
