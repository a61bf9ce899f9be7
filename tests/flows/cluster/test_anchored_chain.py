"""A chain of shots of the tiny family whose decoder is a little off: what that adds up to, and that it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows import load, plan
from flows.media import read_video
from flows.store import open_store
from tests.flows.cluster.test_wan_clips import Report
from tests.flows.cluster.tinted import TintedRenderer
from tests.flows.continuity.casts import Frames, delta_e

TINT = (2.0, 1.5, -1.5)
SIZE = float(np.linalg.norm(TINT))
FILM = """storyboard: 1
title: A chain
shot_defaults: {duration: 0.5s, continuity: previous, sampling: {num_inference_steps: 6}}
scenes:
  - id: chain
    setting: over water at noon
    defaults: {anchor: ANCHOR}
    shots:
      - {prompt: a red boat moves left to right}
      - {prompt: a red boat moves right to left}
      - {prompt: a red boat moves left to right}
      - {prompt: a red boat moves right to left}
"""


@pytest.fixture(scope="module")
def renderer() -> TintedRenderer:
    made = TintedRenderer(threads=1, family="tiny", device="cpu")
    made.tint = TINT
    return made


def backdrops(folder: Path, anchor: str, renderer: TintedRenderer) -> list[Frames]:
    """What is behind the boat, of each shot; all of it is rendered here."""
    (folder / "film.yaml").write_text(FILM.replace("ANCHOR", anchor))
    address = str(folder / "store")
    store = open_store(address)
    made = plan(load(folder / "film.yaml", ["model=tiny", f"store.address={address}"]))
    seen = []
    for clip in made.clips:
        record = renderer.render(clip, store, Report())
        store.publish(record)
        seen.append(np.median(list(read_video(store.local_path(record.video))), axis=0).astype(np.uint8))
    return seen


def test_drift_adds_up_along_a_chain_and_does_not_where_colours_are_held(
    renderer: TintedRenderer, tmp_path: Path
) -> None:
    for name in ("plain", "held", "again"):
        (tmp_path / name).mkdir()
    first, *plain = backdrops(tmp_path / "plain", "none", renderer)
    same, *held = backdrops(tmp_path / "held", "1", renderer)
    assert delta_e(same, first) == 0.0
    adds_up, stays = ([delta_e(one, first) for one in found] for found in (plain, held))
    assert adds_up[-1] > 2 * SIZE
    assert adds_up == sorted(adds_up)
    assert stays[-1] < adds_up[-1] / 3
    again = backdrops(tmp_path / "again", "1", renderer)
    assert all(np.array_equal(one, other) for one, other in zip(again, [same, *held], strict=True))
