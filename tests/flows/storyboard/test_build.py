"""From nodes to a film: its title, its scenes, what is heard and what is delivered."""

from __future__ import annotations

import pytest

from flows.storyboard.model import Continuity, Format, Held, Size
from tests.flows.storyboard.conftest import Desk
from tests.flows.storyboard.test_shots import EVERYTHING, film

SHOT = "- {prompt: a}\n"


def test_the_smallest_storyboard_has_numbered_ids(desk: Desk) -> None:
    storyboard = desk.load(
        "storyboard: 1\ntitle: x\nscenes: [{shots: [{prompt: a}, {prompt: b, continuity: previous}]}]"
    )
    assert [(shot.scene, shot.id) for shot in storyboard.shots] == [("scene-1", "shot-1"), ("scene-1", "shot-2")]
    assert storyboard.shots[1].continuity == Continuity("scene-1.shot-1")


def test_the_slug_is_ascii_and_never_empty(desk: Desk) -> None:
    assert desk.load(EVERYTHING.replace("The paper boat", "Café  Ünïcode, 7!")).slug == "cafe-unicode-7"
    slug = desk.load(EVERYTHING.replace("The paper boat", "纸船")).slug
    assert len(slug) == 12
    assert int(slug, 16) >= 0
    edited = EVERYTHING.replace("The paper boat", "纸船").replace("seed: 7", "seed: 8")
    assert desk.load(edited).slug == slug
    assert desk.load(edited.replace("纸船", "纸飞机")).slug != slug


def test_a_title_is_one_line_and_not_empty(desk: Desk) -> None:
    assert desk.load(film(SHOT).replace("title: x", "title: '  A \u2003 film '")).title == "A film"
    assert desk.the_problem(film(SHOT).replace("title: x", "title: '  '")).message == "title is empty"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", Format()),
        ("format: {fps: 12}\n", Format(None, 12.0)),
        ("format: {size: 640x480}\n", Format(Size(640, 480))),
        ("format: {size: from_image}\n", Format(None, None, from_image=True)),
    ],
)
def test_a_format_is_a_size_a_rate_or_the_first_pictures(desk: Desk, written: str, read: Format) -> None:
    assert desk.load(film(SHOT, top=written)).format == read


def test_voices_begin_at_shots_that_there_are(desk: Desk) -> None:
    sound = "soundtrack: {voiceover: [{file: assets/talk.wav, at: shot-1}, {file: assets/talk.wav, at: shot-2 + 1s}]}\n"
    problem = desk.the_problem(film(SHOT, top=sound))
    assert problem.message == "there is no shot 'shot-2'"
    voices = desk.load(film(SHOT + "- {prompt: b}\n", top=sound)).soundtrack
    assert [(voice.at.shot, voice.at.offset) for voice in voices.voiceover] == [
        ("river.shot-1", 0),
        ("river.shot-2", 1),
    ]
    assert voices.places["voiceover.1.at"].column == sound.index("shot-2") + 1


@pytest.mark.parametrize(
    ("deliver", "message"),
    [
        ("[{name: a}, {name: a}]", "a deliverable cannot be called 'a': the first one is on line 3"),
        ("[{name: film}]", "a deliverable cannot be called 'film': film.mp4 is always written"),
        ("[{name: a, size: 64x64, aspect: '1:1'}]", "size and aspect exclude each other"),
    ],
)
def test_deliverables_have_names_of_their_own_and_one_shape(desk: Desk, deliver: str, message: str) -> None:
    assert desk.the_problem(film(SHOT, top=f"deliver: {deliver}\n")).message == message


def test_a_film_may_have_budgets_of_its_own_and_hear_nothing_of_them(desk: Desk) -> None:
    text = "storyboard: 1\ntitle: x\nscenes: [{shots: [{prompt: a}]}]\n"
    assert desk.load(text).continuity == Held()
    held = desk.load(f"{text}continuity: {{budget: {{delta_e: 3, flash: 0.05}}, on_fail: ignore}}").continuity
    assert held == Held({"delta_e": 3, "flash": 0.05}, warns=False)
    assert desk.load(f"{text}continuity: {{on_fail: warn}}").continuity == Held()
    assert "flash" in (desk.the_problem(f"{text}continuity: {{budget: {{flsh: 1}}}}").fix or "")
    assert "100" in str(desk.the_problem(f"{text}continuity: {{budget: {{delta_e: 101}}}}"))
