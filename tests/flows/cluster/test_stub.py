"""The renderer without a model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from flows.cluster.stub import StubRenderer, draw
from flows.errors import Stopped
from flows.store import Store
from flows.store.memory import MemoryBackend
from tests.flows.cluster.clips import real_clip


@dataclass
class Report:
    """Stops after so many steps."""

    stop_after: int = 100
    steps: list[int] = field(default_factory=list)

    def progress(self, stage: str, step: int, steps: int) -> None:
        if stage == "denoise":
            self.steps.append(step)

    def should_stop(self) -> bool:
        return len(self.steps) >= self.stop_after


def test_it_takes_its_steps_and_keeps_a_clip_of_the_size_asked_for() -> None:
    renderer, store, report = StubRenderer(threads=1, steps=3), Store(MemoryBackend()), Report()
    clip = real_clip("a")
    record = renderer.render(clip, store, report)
    assert report.steps == [1, 2, 3]
    assert (record.num_frames, record.width, record.height) == (clip.spec.num_frames, clip.spec.width, clip.spec.height)
    assert store.intact(record)
    assert renderer.warm == {clip.model}


def test_it_stops_between_steps_and_keeps_nothing() -> None:
    renderer, store = StubRenderer(threads=1), Store(MemoryBackend())
    with pytest.raises(Stopped, match="after step 2"):
        renderer.render(real_clip("a"), store, Report(stop_after=2))
    assert store.record(real_clip("a").fingerprint) is None


def test_it_goes_on_from_where_another_one_stopped_and_counts_its_time() -> None:
    store, clip, report = Store(MemoryBackend()), real_clip("a"), Report()
    for stop_after in (2, 1):
        with pytest.raises(Stopped, match=f"after step {2 if stop_after == 2 else 3}"):
            StubRenderer(threads=1, seconds=0.4, checkpoint_seconds=60).render(clip, store, Report(stop_after))
    record = StubRenderer(threads=1, checkpoint_seconds=60).render(clip, store, report)
    assert report.steps == [4]
    assert record.seconds["denoise"] >= 0.3
    whole = StubRenderer(threads=1).render(clip, Store(MemoryBackend()), Report())
    assert (record.video, record.latents) == (whole.video, whole.latents)


def test_it_keeps_its_steps_while_it_works_if_it_is_told_to() -> None:
    class Lost(Report):
        def progress(self, stage: str, step: int, steps: int) -> None:
            super().progress(stage, step, steps)
            if step == 3:
                raise MemoryError("lost")

    store, clip, report = Store(MemoryBackend()), real_clip("a"), Report()
    with pytest.raises(MemoryError):
        StubRenderer(threads=1, checkpoint_seconds=1e-9).render(clip, store, Lost())
    StubRenderer(threads=1, checkpoint_seconds=1e-9).render(clip, store, report)
    assert report.steps == [3, 4], "the last step was not kept yet"
    without = Report()
    StubRenderer(threads=1).render(clip, store, without)
    assert without.steps == [1, 2, 3, 4]


def test_a_clip_looks_like_itself_and_like_no_other() -> None:
    one, again, other = draw(real_clip("a")), draw(real_clip("a")), draw(real_clip("b"))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[0], one[-1]), "something moves"
