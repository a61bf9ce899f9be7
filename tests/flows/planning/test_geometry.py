"""Sizes and rates of films."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flows.errors import Place, Problem, StoryboardError
from flows.storyboard.model import Format, Size
from flows.storyboard.sizes import _CALLED, Pixels
from tests.flows.planning.conftest import FILE, MakeFilm, MakePlan, MakeShot
from wan.variants import VARIANTS

Problems = Callable[..., list[Problem]]


def test_without_a_format_the_film_is_as_the_family_draws(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a")))
    assert (made.width, made.height, made.fps) == (256, 144, 16)


@pytest.mark.parametrize("times", [1, 2, 5, 15])
def test_a_film_may_be_a_whole_multiple(times: int, shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a"), format=Format(Size(256 * times, 144 * times))))
    assert (made.width, made.height) == (256 * times, 144 * times)
    assert (made.shots[0].width, made.shots[0].height) == (256, 144)


@pytest.mark.parametrize(
    ("size", "model", "fix"),
    [
        (Size(1000, 600), "tiny", "the nearest are 768x432 or 1024x576"),
        (Size(1280, 704), "tiny", "the nearest are 1024x576 or 1280x720"),
        (Size(100, 100), "tiny", "the nearest are 256x144 or 512x288"),
        (Size(720, 1280), "tiny", "the nearest are 512x288 or 768x432"),
        (Size(1281, 720), "wan22", "the nearest are 1280x720 or 1296x720"),
        (Size(1280, 725), "wan22", "the nearest are 1280x720 or 1280x736"),
    ],
)
def test_a_size_that_cannot_be_names_the_two_nearest(
    size: Size, model: str, fix: str, shot: MakeShot, film: MakeFilm, problems: Problems
) -> None:
    where = {"format.size": Place(FILE, 3, 9)}
    found = problems(film(shot("a"), format=Format(size), places=where), model=model)
    assert [(problem.place, problem.fix) for problem in found] == [(where["format.size"], fix)]
    assert f"size {size} cannot be rendered" in found[0].message


@pytest.mark.parametrize("called", [*_CALLED, "1920*1080", "4:3", "21:9"])
def test_a_size_advised_for_a_name_can_be_rendered(called: str, shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    fix = Pixels(film=True)._meant(called) or ""
    width, height = map(int, fix.split()[1].split("x"))
    made = plan(film(shot("a"), format=Format(Size(width, height))), model="wan22")
    assert (made.width, made.height) == (width, height)


def test_real_models_render_the_films_own_size(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a"), format=Format(Size(832, 480))), model="wan22")
    assert (made.width, made.shots[0].width, made.shots[0].height) == (832, 832, 480)


@pytest.mark.parametrize(("size", "own"), [((1280, 720), (1280, 704)), ((832, 480), (832, 480))])
def test_a_variant_of_coarser_sizes_renders_the_nearest_and_the_film_keeps_its_own(
    size: tuple[int, int], own: tuple[int, int], shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    made = plan(film(shot("a"), format=Format(Size(*size))), model="wan22-5b")
    assert (made.width, made.height) == size
    assert (made.shots[0].width, made.shots[0].height) == own


@pytest.mark.parametrize(
    ("variant", "picture", "size"),
    [
        ("i2v-a14b", (3000, 2000), (1168, 768)),
        ("ti2v-5b", (1000, 1000), (960, 928)),
        ("s2v-14b", (800, 600), (832, 640)),
        ("s2v-14b", (1200, 1600), (704, 960)),
    ],
)
def test_a_size_may_follow_the_first_picture_as_in_the_reference(
    variant: str, picture: tuple[int, int], size: tuple[int, int], shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    path, sound = Path("/films/p.png"), Path("/films/talk.wav")
    given = {"audio": sound, "duration": None} if variant == "s2v-14b" else {"variant": variant}
    board = film(shot("a"), shot("b", image=path, **given), format=Format(from_image=True))
    digests = {path: "1" * 64, sound: "2" * 64}
    marks = dict.fromkeys(VARIANTS, "3" * 64)
    seen = {"digests": digests, "image_sizes": {path: picture}, "media_seconds": {sound: 2.0}, "checkpoints": marks}
    made = plan(board, model="wan22", **seen)
    assert (made.width, made.height) == size
    assert (made.shots[1].width, made.shots[1].height) == size


@pytest.mark.parametrize(
    ("model", "image", "picture", "why"),
    [
        ("wan22", None, (1, 1), "no size follows from a picture: the wan22 family has no variant"),
        ("tiny", Path("/films/p.png"), (300, 200), "the tiny family draws one shape only"),
        ("wan22", Path("/films/p.png"), (9000, 1000), "p.png is too narrow"),
    ],
)
def test_a_size_that_follows_from_no_picture_is_an_error_at_its_place(
    model: str, image: Path | None, picture: tuple[int, int], why: str, shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    place = Place(FILE, 3, 9)
    board = film(shot("a", image=image), format=Format(from_image=True), places={"format.size": place})
    with pytest.raises(StoryboardError, match=why) as caught:
        plan(board, model=model, image_sizes={Path("/films/p.png"): picture})
    assert caught.value.problems[0].place == place


def test_the_films_rate_decides_the_length_and_not_the_pixels(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    one = shot("a", duration=1.0)
    slow, fast = plan(film(one, format=Format(fps=16))), plan(film(one, format=Format(fps=24)))
    assert (slow.shots[0].num_frames, fast.shots[0].num_frames) == (16, 24)
    assert slow.shots[0].takes[0].fingerprint == fast.shots[0].takes[0].fingerprint
    assert (slow.totals.film_seconds, fast.totals.film_seconds) == (1.0, 1.0)


def test_a_rate_that_is_no_whole_number_never_shortens(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(replace(shot("a"), duration=1.0), format=Format(fps=23.976)))
    assert made.shots[0].num_frames == 24
