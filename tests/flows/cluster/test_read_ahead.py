"""Files that come into the page cache while a worker denoises, and at no other time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from flows.cluster.job import Ahead
from flows.cluster.read_ahead import PIECE_BYTES, ReadAhead
from flows.cluster.renderers import RendererSpec
from tests.flows.cluster.page_cache import at_work, cached, large_file, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the page cache is looked at as Linux shows it")

NEXT, OTHER = (Ahead(variant, RendererSpec("wan", {"family": "wan22"})) for variant in ("i2v-a14b", "s2v-14b"))


def reading(files: Callable[[Ahead], Sequence[Path]], free: int = 1 << 40, least: int = 1) -> ReadAhead:
    return ReadAhead(files, lambda: free, least)


def test_the_next_models_files_are_read_while_the_worker_denoises(tmp_path: Path) -> None:
    file = large_file(tmp_path / "weights")
    ahead = reading(lambda _: [file])
    ahead.want(NEXT)
    assert not at_work()
    assert cached(file) == 0, "not before it denoises"
    ahead.allow(True)
    assert until(lambda: cached(file) == 1)
    assert until(lambda: not at_work())
    ahead.want(NEXT)
    assert not at_work(), "they were read"


class Slow:
    """A file system that gives its first file and then waits."""

    def __init__(self, *files: Path) -> None:
        self.files = files
        self.asked: list[str] = []
        self.gate = threading.Event()

    def __call__(self, ahead: Ahead) -> Sequence[Path]:
        self.asked.append(ahead.variant)
        self.gate.wait(20)
        return self.files


@pytest.mark.parametrize("end", ["the clip is done", "the plan changes", "nothing comes next"])
def test_it_stops_as_soon_as_there_is_no_reason_for_it(tmp_path: Path, end: str) -> None:
    file = large_file(tmp_path / "weights")
    slow = Slow(file)
    ahead = reading(slow)
    ahead.allow(True)
    ahead.want(NEXT)
    assert until(lambda: slow.asked == ["i2v-a14b"])
    if end == "the clip is done":
        ahead.allow(False)
    else:
        ahead.want(OTHER if end == "the plan changes" else None)
    slow.files = () if end == "the plan changes" else slow.files
    slow.gate.set()
    assert until(lambda: not at_work())
    assert cached(file) == 0
    assert slow.asked == (["i2v-a14b", "s2v-14b"] if end == "the plan changes" else ["i2v-a14b"])
    if end == "the clip is done":
        ahead.allow(True)
        assert until(lambda: cached(file) == 1), "it goes on with the next clip"


def test_no_more_is_read_than_half_of_the_free_memory_takes(tmp_path: Path) -> None:
    file = large_file(tmp_path / "weights")
    ahead = reading(lambda _: [file], free=4 * PIECE_BYTES)
    ahead.allow(True)
    ahead.want(NEXT)
    assert until(lambda: not at_work())
    assert 0 < cached(file) <= 0.5


def test_small_models_are_left_alone(tmp_path: Path) -> None:
    file = large_file(tmp_path / "weights", pieces=1)
    ahead = reading(lambda _: [file], least=1 << 30)
    ahead.allow(True)
    ahead.want(NEXT)
    assert until(lambda: not at_work())
    assert cached(file) == 0


def test_what_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    ahead = reading(lambda _: [tmp_path / "gone"])
    ahead.allow(True)
    ahead.want(NEXT)
    assert until(lambda: not at_work())


def test_without_a_plan_no_thread_is_started() -> None:
    ahead = reading(lambda _: pytest.fail("nothing is wanted"))
    for _ in range(3):
        ahead.allow(True)
        ahead.want(None)
        ahead.allow(False)
    assert not at_work()
