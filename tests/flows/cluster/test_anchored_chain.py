"""A chain of shots of the tiny family whose decoder is a little off: what that adds up to, and that it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows import load, plan
from flows.media import read_video
from flows.planning import Plan
from flows.store import open_store
from tests.flows.cluster.test_wan_clips import Report
from tests.flows.cluster.tinted import TintedRenderer
from tests.flows.continuity.casts import Frames, usual_delta_e

TINT = (3.5, 2.5, -2.5)
SIZE = float(np.linalg.norm(TINT))
FILM = """storyboard: 1
title: A chain
shot_defaults: {duration: 0.5s, continuity: previous, sampling: {num_inference_steps: 2}}
scenes:
  - id: chain
    setting: over water at noon
    defaults: {anchor: ANCHOR}
    shots:
      - {prompt: a red boat moves left to right}
      - {prompt: a red boat moves right to left}
      - {prompt: a red boat moves left to right}
"""


@pytest.fixture(scope="module")
def renderer() -> TintedRenderer:
    made = TintedRenderer(threads=1, family="tiny", device="cpu")
    made.tint = TINT
    return made


def chain(folder: Path, anchor: str, renderer: TintedRenderer) -> tuple[Plan, list[Frames]]:
    """The film, and what is behind the boat in each shot; what the store lacks is rendered here."""
    (folder / "film.yaml").write_text(FILM.replace("ANCHOR", anchor))
    address = str(folder / "store")
    store = open_store(address)
    made = plan(load(folder / "film.yaml", ["model=tiny", f"store.address={address}"]))
    seen = []
    for clip in made.clips:
        record = store.record(clip.fingerprint)
        if record is None:
            record = renderer.render(clip, store, Report())
            store.publish(record)
        seen.append(np.median(list(read_video(store.local_path(record.video))), axis=0).astype(np.uint8))
    return made, seen


def test_drift_adds_up_along_a_chain_and_does_not_where_colours_are_held(
    renderer: TintedRenderer, tmp_path: Path
) -> None:
    _, (first, *plain) = chain(tmp_path, "none", renderer)
    made, (same, *held) = chain(tmp_path, "1", renderer)
    assert np.array_equal(same, first)
    adds_up, stays = ([usual_delta_e(one, first) for one in found] for found in (plain, held))
    assert adds_up[1] > adds_up[0] > 0.8 * SIZE
    assert stays[1] < adds_up[1] / 3
    assert stays[1] < stays[0] + 0.5
    last, store = made.clips[-1], open_store(str(tmp_path / "store"))
    record = store.record(last.fingerprint)
    assert record is not None
    assert renderer.render(last, store, Report()).video == record.video, "the same to the bit"
