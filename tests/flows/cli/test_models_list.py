"""The catalog as a page: in one line each where there is room, in two where there is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli.models_list import page, row
from wan.hub.catalog import CATALOG
from wan.hub.journal import Entry, Journal
from wan.weights.places import folder_of, partial_of


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_left_out(tmp_path: Path, width: int) -> None:
    lines = page([row(model, tmp_path) for model in CATALOG.values()], width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert all(model.name in text and model.purpose in text and model.licence in text for model in CATALOG.values())


def test_a_wide_terminal_has_a_line_for_each_model(tmp_path: Path) -> None:
    rows = [row(model, tmp_path) for model in CATALOG.values()]
    assert len(page(rows, 200)) == len(rows) + 1
    assert len(page(rows, 80)) >= 2 * len(rows) + 1


def test_columns_stand_below_their_heads(tmp_path: Path) -> None:
    head, *lines = page([row(model, tmp_path) for model in CATALOG.values()], 200)
    licence, purpose = head.index("licence"), head.index("what for")
    for line, model in zip(lines, CATALOG.values(), strict=True):
        assert line[licence:].startswith(model.licence)
        assert line[purpose:] == model.purpose


def test_a_pull_that_was_begun_says_how_much_is_here(tmp_path: Path) -> None:
    model = CATALOG["ti2v-5b"]
    assert row(model, tmp_path)["fetched_of_partial"] is None
    partial = partial_of(folder_of(model.name, tmp_path))
    partial.mkdir(parents=True)
    journal = Journal(partial)
    journal.entries["weights"] = Entry("digest", 5_000_000, 5_000_000, parts=[3_400_000])
    journal.save(at_once=True)
    begun = row(model, tmp_path)
    assert begun["fetched_of_partial"] == 3_400_000
    assert "3.4 MB of it" in page([begun], 140)[1]
