"""Whatever becomes of a batch, its observer and the ledger have it, though its manifest cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.batch import observed, record
from flows.batch.making import BatchMaking
from flows.batch.observed import make_observed
from flows.batch.observer import Unwatched
from flows.batch.record import Recorder
from flows.errors import EnvironmentProblem, Stopped
from flows.film.making import Making
from tests.flows.batch.makings import making_in


class Watcher(Unwatched):
    """Notes the end that it hears of."""

    def __init__(self) -> None:
        self.ends: list[BaseException | None] = []

    def end(self, making: BatchMaking, error: BaseException | None) -> None:
        self.ends.append(error)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The batches whose history was written."""
    names: list[str] = []

    def write(makings: list[Making], run: str, batch: str) -> None:
        names.append(batch)

    monkeypatch.setattr(observed, "write_histories", write)
    return names


def made(making: BatchMaking, watcher: Watcher, monkeypatch: pytest.MonkeyPatch, fails: BaseException) -> None:
    """Of which nothing is rendered, and whose manifest fails to be written at its end."""
    making.films, making._left = [], 0
    making.plan.folder.mkdir(parents=True)
    recorder = Recorder(making.plan, making.entries)

    def fail(*ignored: object) -> None:
        raise fails

    monkeypatch.setattr(record, "write_parquet", fail)
    make_observed(making, watcher, recorder, None)


def test_a_manifest_that_cannot_be_written_costs_no_history(
    tmp_path: Path, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    making, watcher = making_in(tmp_path), Watcher()
    with pytest.raises(EnvironmentProblem, match=r"film-rows: No space left on device\n    make room") as raised:
        made(making, watcher, monkeypatch, OSError(28, "No space left on device"))
    assert written == ["film-rows"]
    assert watcher.ends == [raised.value]


@pytest.mark.parametrize("failure", [ZeroDivisionError("a mistake"), KeyboardInterrupt()])
def test_a_mistake_and_ctrl_c_while_it_is_written_cost_none_either(
    failure: BaseException, tmp_path: Path, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    making, watcher = making_in(tmp_path), Watcher()
    with pytest.raises(Stopped if isinstance(failure, KeyboardInterrupt) else ZeroDivisionError):
        made(making, watcher, monkeypatch, failure)
    assert written == ["film-rows"]


def test_what_ended_the_batch_is_what_it_ends_with(
    tmp_path: Path, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    making, watcher = making_in(tmp_path), Watcher()

    def events() -> None:
        raise Stopped("stopped")

    monkeypatch.setattr(BatchMaking, "events", lambda making: events())
    with pytest.raises(Stopped):
        made(making, watcher, monkeypatch, OSError(28, "No space left on device"))
    assert written == ["film-rows"]
    assert [type(end) for end in watcher.ends] == [Stopped]
    assert any("No space left on device" in warning for warning in making.warnings)
