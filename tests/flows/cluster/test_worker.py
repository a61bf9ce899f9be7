"""What a worker says of a clip, without the Ray around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cluster.failures import Blame, Fault
from flows.cluster.renderers import RendererSpec
from flows.cluster.worker import Message, Worker
from flows.events import Finished
from flows.store import open_store
from flows.store.identity import identified
from tests.flows.cluster.clips import real_clip


@pytest.fixture(autouse=True)
def _nobody_cancels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.cluster.worker._is_canceled", lambda: False)


def last(worker: Worker) -> Message:
    *_, message = worker.render(real_clip("a boat"))
    return message


def test_a_clip_is_rendered_into_the_store_that_the_film_is_made_from(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    assert isinstance(last(Worker("w", RendererSpec("stub"), store.address, identified(store), 1)), Finished)


@pytest.mark.parametrize("there", ["nothing", "another store"])
def test_where_the_store_is_not_mounted_nothing_is_rendered_and_the_machine_is_at_fault(
    tmp_path: Path, there: str
) -> None:
    if there == "another store":
        identified(open_store(str(tmp_path)))
    before = sorted(tmp_path.iterdir())
    fault = last(Worker("w", RendererSpec("stub"), str(tmp_path), b"of the film", 1))
    assert isinstance(fault, Fault)
    assert (fault.blame, fault.every_variant) == (Blame.NODE, True)
    assert f"{tmp_path} is not the film's store there; mount the same folder on all machines" in fault.message
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("spec", [RendererSpec("no.such.module:Class"), RendererSpec("wan", {"family": "huge"})])
def test_a_renderer_that_cannot_be_built_is_the_machines_fault(tmp_path: Path, spec: RendererSpec) -> None:
    store = open_store(str(tmp_path))
    fault = last(Worker("w", spec, store.address, identified(store), 1))
    assert isinstance(fault, Fault)
    assert fault.blame is Blame.NODE
