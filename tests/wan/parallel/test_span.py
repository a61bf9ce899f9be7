"""Cutting a row of tokens, and hooks that look at whole frames of a row that is cut."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from wan.parallel.span import CutRotary, Span

ROWS = [(12, 3), (13, 4), (5, 4), (45, 2), (7, 1)]


@pytest.mark.parametrize(("tokens", "ranks"), ROWS)
def test_the_parts_make_the_row_and_zeros_fill_it_up(tokens: int, ranks: int) -> None:
    row = torch.arange(1.0, tokens + 1)[None, :, None].expand(1, tokens, 2)
    parts = [Span(tokens, rank, ranks).cut(row) for rank in range(ranks)]
    assert len({part.shape for part in parts}) == 1
    together = torch.cat(parts, dim=1)
    assert torch.equal(together[:, :tokens], row)
    assert not bool(together[:, tokens:].any())


@pytest.mark.parametrize(("tokens", "ranks"), ROWS)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_kinds_are_counted_where_they_stand(tokens: int, ranks: int, share: float) -> None:
    first = int(tokens * share)
    kinds = torch.arange(tokens)[None] < first
    for rank in range(ranks):
        span = Span(tokens, rank, ranks)
        of_first, of_rest = span.counts((first, tokens - first))
        assert of_first == span.among(first) == int(span.cut(kinds).sum())
        assert of_first + of_rest == span.length


def test_rotary_tables_know_the_row_they_are_cut_from() -> None:
    tables = (torch.ones(1, 5, 1, 4), torch.zeros(1, 5, 1, 4))
    assert Span(5).cut_rotary(tables) is tables
    cut = Span(5, 1, 2, "name").cut_rotary(tables)
    assert isinstance(cut, CutRotary)
    assert cut.cosines.shape == (1, 3, 1, 4)
    assert (cut.tokens, cut.ranks, cut.group) == (5, 2, "name")


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("behind", [0, 3])
def test_whole_frames_are_seen_wherever_the_row_is_cut(ranks: int, behind: int) -> None:
    torch.manual_seed(0)
    frames, per_frame = 3, 5
    video = frames * per_frame
    row = torch.randn(1, video + behind, 2)
    of_frame = torch.arange(1.0, frames + 1)

    def compute(whole: Tensor, which: slice) -> Tensor:
        apart = torch.unflatten(whole, 1, (-1, per_frame))
        return (apart * of_frame[which][None, :, None, None]).flatten(1, 2)

    wanted = row.clone()
    wanted[:, :video] += compute(row[:, :video], slice(0, frames))
    found = []
    for rank in range(ranks):
        span = Span(video + behind, rank, ranks)
        part = span.cut(row)
        found.append(span.add(part, span.by_frames(part, video, per_frame, compute)))
    assert torch.equal(torch.cat(found, dim=1)[:, : video + behind], wanted)
