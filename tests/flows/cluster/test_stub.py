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


def test_a_clip_looks_like_itself_and_like_no_other() -> None:
    one, again, other = draw(real_clip("a")), draw(real_clip("a")), draw(real_clip("b"))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[0], one[-1]), "something moves"
