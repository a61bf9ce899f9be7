"""Clips rendered by a leader and its crew, each in a process of its own: what they must do alike, without Ray."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.cluster.wan_clips import WanRenderer
from flows.errors import Stopped
from flows.planning.gangs import layout_of
from flows.planning.model import Clip
from flows.store import open_store
from tests.flows.cluster.test_wan_clips import Report, wan_clip
from tests.flows.made import changed
from tests.wan.conftest import make_family
from tests.wan.parallel.members import Told, run_gang
from wan.errors import Cancelled, OtherFailed
from wan.families import Family
from wan.parallel.gang import Gang
from wan.parallel.layout import Layout
from wan.request import Guidance


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    return make_family(tmp_path_factory.mktemp("family"))


class Met:
    """A crew that has met, and was given the clip already."""

    def __init__(self, gang: Gang) -> None:
        self._gang, self.members = gang, gang.share.layout.ranks

    @contextmanager
    def at_work(self, clip: Clip, layout: Layout, placement: str, device: str) -> Iterator[Gang]:
        yield self._gang if layout == self._gang.share.layout else self._gang.arranged(layout)


def render(gang: Gang, family: Family, folder: Path, clip: Clip, how: str = "", seconds: float = 0.0) -> Any:
    """What the leader's record says, and of every member how far it came."""
    store = open_store(str(folder / "store"))
    options = {"threads": 1, "family": "tiny", "root": str(family.root), "device": "cpu"}
    if how == "lacks" and gang.rank == 1:
        options["root"] = str(folder / "nowhere")
    if gang.rank:
        if how == "arranged":
            gang = gang.arranged(layout_of(clip.spec, 2))
        if how == "killed":
            _killed_after(2)
        try:
            WanRenderer(**options, checkpoint_seconds=seconds).follow(clip, store, gang, "resident")
        except (Cancelled, OtherFailed) as error:
            return str(error)
        return "followed"
    report = Report(stop_after=2 if how == "stopped" else 1000)
    crew = Met(gang) if gang.share.layout.ranks > 1 else None
    try:
        record = WanRenderer(**options, checkpoint_seconds=seconds, crew=crew).render(clip, store, report)
    except (Stopped, OtherFailed) as error:
        return type(error).__name__, gang.open, [step for stage, step, _ in report.told if stage == "denoise"]
    anew = any(stage == "encode" for stage, *_ in report.told)
    return record.video, record.latents, record.determinism, record.members, anew


def _killed_after(steps: int) -> None:
    from flows.cluster import work

    keep = work.Work.keep

    def killing(self: work.Work, state: Any) -> None:
        keep(self, state)
        if state.step == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    work.Work.keep = killing  # type: ignore[method-assign]


def results(told: list[Told]) -> list[Any]:
    assert [each.error for each in told] == [None] * len(told)
    return [each.result for each in told]


def test_a_gang_makes_the_bits_of_one_process_and_what_is_not_guided_is_cut(family: Family, tmp_path: Path) -> None:
    clip = wan_clip(family, "a red boat")
    (alone,) = results(run_gang(Layout(), render, family, tmp_path / "alone", clip))
    leader, member = results(run_gang(Layout(guidance=2), render, family, tmp_path / "gang", clip))
    assert member == "followed"
    assert leader[:3] == alone[:3]
    assert (leader[3:], alone[3:]) == ((2, True), (1, True))


def test_a_stop_is_heeded_by_all_and_another_goes_on_from_what_the_leader_kept(family: Family, tmp_path: Path) -> None:
    clip, seconds = wan_clip(family, "a blue boat"), 0.001
    leader, member = run_gang(Layout(guidance=2), render, family, tmp_path / "gang", clip, "stopped", seconds)
    assert leader.result == ("Stopped", True, [1, 2])
    assert member.result == "stopped after step 2"
    rest = run_gang(Layout(guidance=2), render, family, tmp_path / "gang", clip, "", seconds)
    (whole,) = results(run_gang(Layout(), render, family, tmp_path / "alone", clip))
    assert results(rest)[0][:2] == whole[:2]
    assert not results(rest)[0][4], "it was begun anew"


def test_when_a_member_is_killed_the_last_step_is_kept_and_one_process_goes_on(family: Family, tmp_path: Path) -> None:
    clip = wan_clip(family, "a green boat")
    leader, member = run_gang(Layout(guidance=2), render, family, tmp_path / "gang", clip, "killed", 0.001)
    assert (member.result, member.error) == (None, None)
    assert leader.error == "GangError: rank 1 of the gang was lost: its process ended"
    (rest,) = results(run_gang(Layout(), render, family, tmp_path / "gang", clip, "", 0.001))
    (whole,) = results(run_gang(Layout(), render, family, tmp_path / "alone", clip))
    assert rest[:2] == whole[:2]
    assert not rest[4], "it was begun anew"


def test_what_a_member_lacks_costs_the_gang_nothing(family: Family, tmp_path: Path) -> None:
    clip = wan_clip(family, "a boat")
    leader, member = run_gang(Layout(guidance=2), render, family, tmp_path / "gang", clip, "lacks")
    assert leader.result == ("OtherFailed", True, [])
    assert (member.error or "").startswith("NoCheckpoint") or (member.error or "").startswith("CheckpointError")


def test_without_guidance_the_tokens_are_cut(family: Family, tmp_path: Path) -> None:
    clip = wan_clip(family, "a boat")
    plain = changed(clip, sampling=replace(clip.spec.sampling, guidance_scale=Guidance(1.0, 1.0)))
    leader, member = results(run_gang(Layout(guidance=2), render, family, tmp_path / "gang", plain, "arranged"))
    assert member == "followed"
    assert leader[2].endswith(", guidance=1,sequence=2")
    assert leader[3] == 2
