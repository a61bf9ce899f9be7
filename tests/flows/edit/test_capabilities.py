"""An ffmpeg that cannot do what a film needs is found before anything is rendered."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.edit import check_ffmpeg, find_ffmpeg
from flows.errors import EnvironmentProblem
from flows.film import make_film
from flows.planning import Plan
from tests.flows.film.filming import plan_in

STORYBOARD = """
storyboard: 1
title: The paper boat
shot_defaults: {duration: 0.5s}
scenes:
  - shots:
      - {id: launch, prompt: a boat moves}
      - {id: drift, prompt: a boat comes closer, transition: {kind: TRANSITION, duration: 0.25s}}
deliver:
  - {name: web, video: CODEC}
"""

PlanWith = Callable[..., Plan]


@pytest.fixture
def plan_with(tmp_path: Path) -> PlanWith:
    """A film with that transition and codec, to be edited by an ffmpeg that does not know the word `lacks`."""

    def plan(lacks: str, transition: str = "dissolve", codec: str = "h264") -> Plan:
        text = STORYBOARD.replace("TRANSITION", transition).replace("CODEC", codec)
        (tmp_path / "film.yaml").write_text(text)
        made = plan_in(tmp_path)
        older = tmp_path / "older-ffmpeg"
        older.write_text(f"#!/bin/sh\n'{find_ffmpeg(made.settings.film)}' \"$@\" | sed '/{lacks}/d'\n")
        older.chmod(0o755)
        film = dataclasses.replace(made.settings.film, ffmpeg=older)
        return dataclasses.replace(made, settings=dataclasses.replace(made.settings, film=film))

    return plan


@pytest.mark.parametrize(
    ("lacks", "film", "said"),
    [
        ("coverleft", {"transition": "cover_left"}, "transition cover_left"),
        ("Encoder libsvtav1", {"codec": "av1"}, r"av1 \(encoder libsvtav1\)"),
        ("Encoder libx264", {}, r"h264 \(encoder libx264\)"),
    ],
)
def test_what_it_lacks_is_said_before_anything_is_begun(
    plan_with: PlanWith, tmp_path: Path, lacks: str, film: dict[str, str], said: str
) -> None:
    with pytest.raises(EnvironmentProblem, match=rf"older-ffmpeg .*: {said}\n.*film\.ffmpeg=") as caught:
        make_film(plan_with(lacks, **film))
    assert caught.value.exit_code == 2
    assert not (tmp_path / "outputs").exists()


def test_what_the_film_does_not_ask_for_may_be_lacking(plan_with: PlanWith) -> None:
    check_ffmpeg(plan_with("coverleft", transition="wipe_left"))
    check_ffmpeg(plan_with("Encoder libsvtav1", codec="h265"))
