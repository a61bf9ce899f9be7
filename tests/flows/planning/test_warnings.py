"""What a plan warns of."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from flows.errors import Place
from flows.planning.model import PlannedShot
from flows.planning.moments import film_moments
from flows.planning.warnings import plan_warnings
from flows.resolve import Snapshot
from flows.storyboard.model import Anchor, CastMember, Control, Format, Motion, Shot, Size, VideoToVideo
from tests.flows.made import a_spec
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot
from wan.families import FAMILIES

SILENT = film_moments([], 16)
"""Of a film whose voices are not asked for."""


def test_words_outside_the_tiny_world_are_named(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", prompt="a red zeppelin rises over Lisbon"), shot("b", prompt="a red box rises")))
    assert made.warnings == ("the tiny family does not know: 'zeppelin', 'lisbon' (shot river.a)",)
    assert plan(film(shot("a", prompt="a red zeppelin rises")), model="wan22").warnings == ()


def test_a_negative_prompt_is_read_too(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", prompt="a red box rises", negative_prompt="zeppelins")))
    assert made.warnings == ("the tiny family does not know: 'zeppelins' (shot river.a)",)


def test_pictures_that_the_family_cannot_know_are_named_once(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    one, other = Path("/me.jpg"), Path("/boat.png")
    red = {"prompt": "a red box"}
    shots = shot("a", image=one, **red), shot("b", image=other, end_image=one, **red), shot("c", image=other, **red)
    (warning,) = plan(film(*shots), foreign=frozenset({one})).warnings
    assert warning.startswith("me.jpg is not from the little world that the tiny family was trained on")
    assert warning.endswith("model=wan22 (shot river.a)")


def test_many_warnings_of_a_kind_are_counted(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(*(shot(f"s{number}", prompt="zeppelin") for number in range(30))))
    assert len(made.warnings) == 21
    assert made.warnings[-1] == "… and 10 more like this"


def test_a_picture_that_loses_much_is_named_once(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    square, wide = Path("/films/square.png"), Path("/films/wide.png")
    shots = [shot(name, image=path, prompt="a red box") for name, path in (("a", square), ("b", square), ("c", wide))]
    made = plan(film(*shots, format=Format(Size(1280, 720))), image_sizes={square: (500, 500), wide: (1600, 900)})
    assert made.warnings == ("square.png is 500x500: 44% of it is cropped, since shot river.a is rendered at 256x144",)


def test_a_picture_that_is_stretched_and_not_cropped_is_not_named(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    # 256x144 is what the reference makes of both at some area, though the first is 5 % wider
    for size, count in (((1800, 960), 0), ((1728, 960), 0), ((2000, 960), 1)):
        path = Path("/films/wide.png")
        made = plan(film(shot("a", image=path, prompt="a red box")), image_sizes={path: size})
        assert len(made.warnings) == count


def test_a_rate_that_changes_how_quick_models_move_is_named_once_with_its_place(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    shots, places = (
        [shot(name, prompt="a red box") for name in ("a", "b")],
        {"format.fps": Place("/films/x.yaml", 3, 15)},
    )

    def warned(fps: float | None, *shown: Shot) -> tuple[str, ...]:
        return plan(film(*shown, format=Format(fps=fps), places=places)).warnings

    assert warned(24, *shots) == (
        "/films/x.yaml:3:15: t2v-a14b makes 16 frames a second; shown at 24 its motion is 1.5 times as quick; "
        "write `format: {fps: 16}` and `deliver: [{name: smooth, fps: 24}]` (shot river.a and 1 more)",
    )
    assert "0.62 times as quick" in warned(10, shots[0])[0]
    assert warned(None, *shots) == warned(17, *shots) == ()


def test_no_rate_suits_variants_of_two(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a"), shot("b", variant="ti2v-5b")), model="wan22")
    assert made.fps == 16
    assert "ti2v-5b makes 24 frames a second; shown at 16" in made.warnings[0]
    assert "no rate suits 16 and 24: use variants of one rate" in made.warnings[0]


def test_what_is_fixed_in_time_is_as_quick_at_any_rate(shot: MakeShot, film: MakeFilm) -> None:
    talk, world = Path("/films/talk.wav"), Snapshot(storyboard_digest="")
    speaks = shot("a", prompt="a red box", audio=talk, image=Path("/films/p.png"))
    follows = shot("b", prompt="a red box", video=VideoToVideo(Path("/films/v.mp4"), 0.5))
    board = film(speaks, follows, format=Format(fps=30))
    assert plan_warnings(board, FAMILIES["wan22"], world, _rendered_at(832, 480) * 2, SILENT) == ()


def _rendered_at(width: int, height: int, variant: str = "s2v-14b") -> list[PlannedShot]:
    """One shot, of which a warning looks at the size and variant alone."""
    return cast("list[PlannedShot]", [SimpleNamespace(first=a_spec(width=width, height=height, variant=variant))])


def test_a_picture_of_the_size_that_is_rendered_is_not_cropped_by_the_person(shot: MakeShot, film: MakeFilm) -> None:
    # the tiny S2V renders 256x128, and the film of 256x144 crops that whatever is given
    face = Path("/films/face.png")
    board = film(shot("a", image=face, audio=Path("/films/talk.wav"), prompt="a red box"))
    for size, count in (((256, 128), 0), ((256, 144), 1)):
        world = Snapshot(storyboard_digest="", image_sizes={face: size})
        assert len(plan_warnings(board, FAMILIES["tiny"], world, _rendered_at(256, 128), SILENT)) == count


def test_a_person_who_shall_move_is_shown_whole_and_not_cropped(shot: MakeShot, film: MakeFilm) -> None:
    tall, motion = Path("/films/person.png"), Motion(pose=Path("/films/pose.mp4"), face=Path("/films/face.mp4"))
    world, planned = Snapshot(storyboard_digest="", image_sizes={tall: (100, 200)}), _rendered_at(256, 144)
    for moved, count in ((None, 1), (motion, 0)):
        board = film(shot("a", image=tall, prompt="a red box", motion=moved))
        assert len(plan_warnings(board, FAMILIES["tiny"], world, planned, SILENT)) == count
    speaks = film(shot("a", image=tall, prompt="a red box", audio=Path("/films/talk.wav"), motion=motion))
    assert "cropped" in " ".join(plan_warnings(speaks, FAMILIES["tiny"], world, planned, SILENT))


def test_a_sound_that_is_longer_or_shorter_than_its_shot_is_named(shot: MakeShot, film: MakeFilm) -> None:
    talk, planned = Path("/films/talk.wav"), _rendered_at(256, 144)
    world = Snapshot(storyboard_digest="", media_seconds={talk: 5.0})

    def warned(duration: float | None) -> str:
        board = film(shot("a", image=Path("/films/p.png"), audio=talk, prompt="a red box", duration=duration))
        return " ".join(plan_warnings(board, FAMILIES["tiny"], world, planned, SILENT))

    assert "talk.wav lasts 5.00 s, the shot 1 s: its end is not heard" in warned(1.0)
    assert "talk.wav lasts 5.00 s, the shot 8 s: the rest of the shot is silent" in warned(8.0)
    assert warned(5.1) == warned(None) == ""


def test_what_a_family_does_not_take_from_references_is_said_once_a_film(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    toy = Path("/films/toy.png")
    shown = shot("a", prompt="a paper toy rises", control=Control(references=(toy,)))
    of_cast = shot("b", prompt="a red box", variant="vace-fun-a14b", cast=(CastMember("box", "a red box", toy),))
    other = shot("c", prompt="a red box")
    said = "the tiny family does not take the shape from references; say it in the prompt (shot river.a and 1 more)"
    assert plan(film(shown, of_cast, other)).warnings == (said,)
    assert plan(film(other)).warnings == ()
    assert plan(film(shown, of_cast), model="wan22").warnings == ()


def test_an_anchor_that_nothing_comes_of_is_said_once_a_film(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    talk, who = Path("/films/talk.wav"), Path("/films/p.png")
    speaks = [
        shot(name, image=who, audio=talk, prompt="a red box", duration=1.0, anchor=anchor)
        for name, anchor in (("a", Anchor(0.5)), ("b", Anchor(None, who)), ("c", Anchor(0.0)), ("d", None))
    ]
    world = {"media_seconds": {talk: 1.0}}
    made = plan(film(*speaks), **world)
    said = "colours of s2v-14b are not held, since it goes on from tensors: its `anchor` does nothing"
    assert [line for line in made.warnings if "colours" in line] == [f"{said} (shot river.a and 1 more)"]
    assert not any("colours" in line for line in plan(film(*speaks[2:]), **world).warnings)


def test_a_reference_of_someone_in_a_picture_is_a_warning(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    cast = (CastMember("boat", "a white boat", reference=Path("/films/a.png")),)
    made = plan(
        film(shot("a", image=Path("/films/a.png"), cast=cast), shot("b", image=Path("/films/a.png"), cast=cast))
    )
    assert any("the reference of <boat> is not used yet: 2 shots" in line for line in made.warnings)
