"""What is said of a film that is made elsewhere: what it may take, where the store's ledger knows of such clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.api import load, plan
from flows.cli.submit import _cost
from flows.ledger import append_rows
from flows.store import open_store
from flows.submission import check_storyboard_here
from tests.flows.ledger.test_history import ROW

FILM = "storyboard: 1\ntitle: A test\nscenes:\n  - shots:\n      - prompt: a white boat moves left to right\n"


def test_what_it_may_take_is_known_from_clips_that_were_rendered_elsewhere(tmp_path: Path) -> None:
    film = tmp_path / "film.yaml"
    film.write_text(FILM)
    overrides = [f"store.address={tmp_path / 'store'}", "cost.gpu_hour={H200: 3600}", "cost.currency=EUR"]
    unknown = _cost(check_storyboard_here(film, overrides))
    assert unknown is not None
    assert (unknown["estimate"], unknown["gpus"]) == ("rough", [])
    assert unknown["cost"] == pytest.approx(unknown["seconds"], abs=0.1), "of any GPU that has a price"

    (clip,) = plan(load(film, overrides)).clips
    seconds = {"denoise": 20.0, "load": 30.0}
    row = replace(ROW, spec=clip.spec, kernel=clip.kernel, device="auto", gpu="NVIDIA H200", seconds=seconds)
    append_rows(open_store(str(tmp_path / "store")), [row])
    known = _cost(check_storyboard_here(film, overrides))
    assert known is not None
    assert (known["estimate"], known["gpus"]) == ("measured", ["NVIDIA H200"])
    assert (known["seconds"], known["cost"]) == (50.0, pytest.approx(50.0))
    assert known["low_seconds"] < 20 < 50 < known["high_seconds"]
