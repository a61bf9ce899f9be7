"""Clips rendered by a gang from a checkpoint; what one member does, and what becomes of the others."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.wan.conftest import SAMPLING
from tests.wan.parallel.members import run_gang
from wan.errors import Cancelled, RequestError
from wan.families import Family
from wan.load import load_pipeline
from wan.parallel.gang import Gang
from wan.parallel.layout import Layout
from wan.pipeline import Pipeline
from wan.request import ClipRequest
from wan.state import State
from wan.weights.checkpoint import Checkpoint

SECONDS = 20
"""By then every member knows that one was lost; without being told, each would wait a minute."""


def _pipeline(gang: Gang, family: Family) -> Pipeline:
    return load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b"), gang=gang)


def _request(**other: Any) -> ClipRequest:
    plain = {"prompt": "a red boat moves right", "width": 48, "height": 48, "num_frames": 9, "seed": 7}
    return ClipRequest(sampling=SAMPLING, **(plain | other))


def render(gang: Gang, family: Family) -> tuple[Any, Any, str]:
    pipeline = _pipeline(gang, family)
    state = pipeline.advance(pipeline.encode(_request()))
    return state.latents.numpy(), pipeline.decode(state), pipeline.determinism


def test_a_gang_makes_the_clip_that_one_process_makes(family: Family) -> None:
    (alone,) = run_gang(Layout(), render, family)
    for layout in (Layout(guidance=2), Layout(sequence=2), Layout(2, 2)):
        told = run_gang(layout, render, family)
        assert [each.error for each in (alone, *told)] == [None] * (1 + layout.ranks)
        for latents, frames, _ in (each.result for each in told):
            np.testing.assert_array_equal(latents, told[0].result[0])  # members never part
            np.testing.assert_array_equal(frames, told[0].result[1])
        latents, frames, determinism = told[0].result
        if layout.sequence == 1:
            np.testing.assert_array_equal(latents, alone.result[0])
            np.testing.assert_array_equal(frames, alone.result[1])
            assert determinism == alone.result[2]
        else:  # 27 tokens over two ranks
            np.testing.assert_allclose(latents, alone.result[0], atol=1e-4)
            assert np.abs(frames.astype(int) - alone.result[1]).max() <= 1
            assert determinism == f"{alone.result[2]}, {layout}"


def stop_on_rank_1(gang: Gang, family: Family) -> int:
    pipeline, asked = _pipeline(gang, family), []
    try:
        pipeline.advance(pipeline.encode(_request()), should_stop=lambda: bool(asked.append(1)) or _fourth(gang, asked))
    except Cancelled as stopped:
        assert not gang.any(False)  # the gang goes on
        return stopped.state.step
    return -1


def _fourth(gang: Gang, asked: list[int]) -> bool:
    """Before the third step: within the first one it was asked too."""
    return gang.rank == 1 and len(asked) == 4


def stop_rank_1_between_blocks(gang: Gang, family: Family, number: int) -> tuple[int, bool]:
    pipeline, asked = _pipeline(gang, family), []
    start = pipeline.encode(_request())
    try:
        pipeline.advance(start, should_stop=lambda: bool(asked.append(1)) or (gang.rank == 1 and len(asked) == number))
    except Cancelled as stopped:
        whole = pipeline.advance(start).latents
        return stopped.state.step, bool((pipeline.advance(stopped.state).latents == whole).all())
    return -1, False


def differ(gang: Gang, family: Family) -> None:
    pipeline = _pipeline(gang, family)
    pipeline.advance(pipeline.encode(_request(seed=gang.rank)))


def fail_on_rank_1(gang: Gang, family: Family, how: str) -> None:
    pipeline = _pipeline(gang, family)

    def after_step(step: int, steps: int) -> None:
        if gang.rank == 1 and step == 2:
            if how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise MemoryError("no room for a step")

    pipeline.advance(pipeline.encode(_request()), on_step=after_step)


def test_one_member_that_is_told_to_stop_stops_all_at_the_same_step(family: Family) -> None:
    told = run_gang(Layout(guidance=2), stop_on_rank_1, family)
    assert [(each.result, each.error) for each in told] == [(2, None)] * 2


@pytest.mark.parametrize("layout", [Layout(guidance=2), Layout(sequence=2)], ids=str)
def test_one_member_that_is_told_to_stop_within_a_step_stops_all_at_the_same_block(
    family: Family, layout: Layout
) -> None:
    told = run_gang(layout, stop_rank_1_between_blocks, family, 2)
    assert [(each.result, each.error) for each in told] == [((0, True), None)] * 2


def test_members_that_were_asked_for_other_things_find_out_before_the_first_step(family: Family) -> None:
    told = run_gang(Layout(guidance=2), differ, family)
    assert [each.error for each in told] == ["GangError: state: not the same on rank 1 as on rank 0 of the gang"] * 2


@pytest.mark.parametrize("layout", [Layout(guidance=2), Layout(2, 2)], ids=str)
def test_a_member_that_fails_tells_the_others_why(family: Family, layout: Layout) -> None:
    told = run_gang(layout, fail_on_rank_1, family, "failed")
    why = "GangError: rank 1 of the gang was lost: MemoryError: no room for a step"
    others = [each.error for rank, each in enumerate(told) if rank != 1]
    assert told[1].error == "MemoryError: no room for a step"
    assert others == [why] * (layout.ranks - 1)
    assert max(each.seconds for each in told) < SECONDS


@pytest.mark.parametrize("layout", [Layout(sequence=2), Layout(2, 2)], ids=str)
def test_a_member_that_is_killed_is_missed_at_once(family: Family, layout: Layout) -> None:
    told = run_gang(layout, fail_on_rank_1, family, "killed")
    others = [each.error for rank, each in enumerate(told) if rank != 1]
    assert (told[1].result, told[1].error) == (None, None)
    assert others == ["GangError: rank 1 of the gang was lost: its process ended"] * (layout.ranks - 1)
    assert max(each.seconds for each in told) < SECONDS


def lose_rank_1_and_keep_states(gang: Gang, family: Family, kept: Path) -> None:
    pipeline = _pipeline(gang, family)

    def keep(state: State) -> None:
        if gang.leads:
            state.save(kept)
        if gang.rank == 1 and state.step == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    pipeline.advance(pipeline.encode(_request()), on_state=keep)


def go_on(gang: Gang, family: Family, kept: Path) -> tuple[int, Any]:
    state = State.load(kept)
    return state.step, _pipeline(gang, family).advance(state).latents.numpy()


def test_a_clip_goes_on_alone_after_its_gang_has_ended(family: Family, tmp_path: Path) -> None:
    leader, _ = run_gang(Layout(guidance=2), lose_rank_1_and_keep_states, family, tmp_path / "state")
    assert leader.error == "GangError: rank 1 of the gang was lost: its process ended"
    (rest,) = run_gang(Layout(), go_on, family, tmp_path / "state")
    (whole,) = run_gang(Layout(), render, family)
    step, latents = rest.result
    assert step == 3
    np.testing.assert_array_equal(latents, whole.result[0])


def test_who_meets_where_has_to_be_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RequestError, match="RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT not set; start with torchrun"):
        Gang.join(Layout(guidance=2))
    with pytest.raises(RequestError, match="ranks 0 to 1, not 2"):
        Gang.join(Layout(guidance=2), rank=2, meeting="tcp://127.0.0.1:1")
    for name, value in {"RANK": "0", "WORLD_SIZE": "3", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RequestError, match="takes 2 processes, 3 were started"):
        Gang.join(Layout(guidance=2))
