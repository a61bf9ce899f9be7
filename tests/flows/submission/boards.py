"""Storyboards with everything that one can name, in folders as people have them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

STORYBOARD = """
defaults: [look: paper]
storyboard: 1
title: The sent boat
cast:
  boat: {description: a white boat, reference: ../pictures/boat.png}
shot_defaults: {duration: 0.5s}
scenes:
  - id: river
    shots:
      - {id: launch, prompt: a boat moves}
      - {id: drift, prompt: a kite rises, image: assets/start.png}
"""


def board_in(project: Path, text: str = STORYBOARD) -> Path:
    """`project`/films/boat.yaml with assets, a look of the project, a picture beside its folder."""
    films, pictures = project / "films", project / "pictures"
    for folder in (films / "assets", pictures, project / "looks"):
        folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (256, 144), "navy").save(films / "assets" / "start.png")
    Image.new("RGB", (64, 64), "white").save(pictures / "boat.png")
    (project / "looks" / "paper.yaml").write_text("style: cut-paper animation\n")
    path = films / "boat.yaml"
    path.write_text(text)
    return path
