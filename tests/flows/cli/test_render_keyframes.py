"""What `wanflow render --keyframes` says of pictures that are given, of which none is rendered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from flows import load, plan
from flows.cli.render_keyframes import render_keyframes

FILM = """\
storyboard: 1
title: Shore
scenes:
  - id: river
    shots:
      - {id: launch, duration: 2s, prompt: a red box moves left to right, image: begin.png}
      - {id: drift, duration: 2s, prompt: a red box comes closer, image: end.png, continuity: {by: keyframes}}
"""


def test_no_other_draw_is_offered_of_pictures_that_are_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, colour in (("begin", "navy"), ("end", "white")):
        Image.new("RGB", (256, 144), colour).save(tmp_path / f"{name}.png")
    storyboard = tmp_path / "film.yaml"
    storyboard.write_text(FILM)
    made = plan(load(storyboard, [f"store.address={tmp_path / 'store'}", f"film.outputs={tmp_path / 'outputs'}"]))
    render_keyframes(made, "wanflow render film.yaml", (), "words")
    said = capsys.readouterr().out
    assert "Shore: 2 keyframes" in said
    assert f"given     {tmp_path / 'end.png'}  river.launch ends on it, river.drift begins with it" in said
    assert "Next: wanflow render film.yaml    renders the shots between them" in said
    assert "draws another" not in said
    assert "of your own" not in said
