from __future__ import annotations

from typing import Any

import pytest

from tests.wan.parity import PARITY
from wan.errors import RequestError
from wan.variants.animate.clips import clip_lengths, source_frame

pytestmark = pytest.mark.parity


def test_padded_lengths_are_the_references(parity: Any) -> None:
    rows = parity["animate_loop"].tensors["out.valid_len_table"].tolist()
    # of a video no longer than what is carried the reference renders nothing at all: here it is one clip
    rendered = [row for row in rows if row[0] > row[2]]
    assert rendered
    assert [sum(clip_lengths(*row[:3])[-1]) for row in rendered] == [row[3] for row in rendered]


@pytest.mark.parametrize("length", PARITY.matches("animate_loop", r"out\.padding_index\.len(\d+)"))
def test_past_its_end_a_video_runs_back_and_forth(parity: Any, length: str) -> None:
    wanted = parity["animate_loop"].tensors[f"out.padding_index.len{length}"].tolist()
    assert [source_frame(position, int(length)) for position in range(len(wanted))] == wanted


def test_a_single_frame_stands_still() -> None:
    assert [source_frame(position, 1) for position in range(4)] == [0, 0, 0, 0]


@pytest.mark.parametrize("name", PARITY.config("animate_loop").get("variants", ()))
def test_clips_begin_and_end_where_the_references_do(parity: Any, name: str) -> None:
    data = parity["animate_loop"]
    tensors, frames = data.tensors, data.config["real_frames"]
    clips = clip_lengths(frames, data.config["clip_len"], data.config["variants"][name]["refert_num"])
    assert [[start, start + length] for start, length in clips] == tensors[f"out.{name}.segments"].tolist()
    positions = range(sum(clips[-1]))
    assert [source_frame(position, frames) for position in positions] == tensors[f"out.{name}.padded_index"].tolist()


def test_a_shot_of_one_clip_is_one_clip_however_short() -> None:
    assert clip_lengths(77, 77, 1) == clip_lengths(1, 77, 1) == clip_lengths(3, 77, 5) == [(0, 77)]
    assert clip_lengths(78, 77, 1) == [(0, 77), (76, 77)]


def test_impossible_numbers_are_named() -> None:
    with pytest.raises(RequestError, match="at least 1 frame, not 0"):
        clip_lengths(0, 77, 1)
    with pytest.raises(RequestError, match="77 frames cannot be carried between clips of 77"):
        clip_lengths(100, 77, 77)
