"""What is said of a film that is made elsewhere: what it may take, where the store's ledger knows of such clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.api import load, plan
from flows.cli.sending import checked_here
from flows.cli.submit import _cost
from flows.cli.table_options import TableOptions
from flows.ledger import append_rows
from flows.store import open_store
from tests.flows.ledger.test_history import ROW

ONE = TableOptions(
    table=None, matrix=(), film_name=None, called=None, ignore=(), sheet=None, skip_bad=False, max_films=1
)
FILM = "storyboard: 1\ntitle: A test\nscenes:\n  - shots:\n      - prompt: a white boat moves left to right\n"


def test_what_it_may_take_is_known_from_clips_that_were_rendered_elsewhere(tmp_path: Path) -> None:
    film = tmp_path / "film.yaml"
    film.write_text(FILM)
    overrides = [f"store.address={tmp_path / 'store'}", "cost.gpu_hour={H200: 3600}", "cost.currency=EUR"]
    unknown = _cost(checked_here(str(film), overrides, ONE, (), None))
    assert unknown is not None
    assert (unknown["estimate"], unknown["gpus"]) == ("rough", [])
    assert unknown["cost"] == pytest.approx(unknown["seconds"], abs=0.1), "of any GPU that has a price"

    (clip,) = plan(load(film, overrides)).clips
    seconds = {"denoise": 20.0, "load": 30.0}
    row = replace(ROW, spec=clip.spec, kernel=clip.kernel, device="auto", gpu="NVIDIA H200", seconds=seconds)
    append_rows(open_store(str(tmp_path / "store")), [row])
    known = _cost(checked_here(str(film), overrides, ONE, (), None))
    assert known is not None
    assert (known["estimate"], known["gpus"]) == ("measured", ["NVIDIA H200"])
    assert (known["seconds"], known["cost"]) == (50.0, pytest.approx(50.0))
    assert known["low_seconds"] < 20 < 50 < known["high_seconds"]
