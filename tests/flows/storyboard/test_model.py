"""Frozen values, and the little they can say of themselves."""

from __future__ import annotations

from pathlib import Path

from flows.errors import Place
from flows.storyboard.model import Lora, Scene, Shot, Size, Storyboard

PLACES = {"control": Place("x", 3, 1), "control.video": Place("x", 3, 9)}


def shot(id: str, scene: str = "river") -> Shot:
    return Shot(id=id, scene=scene, place=Place("x", 2, 1), places=PLACES, prompt="a boat")


def test_a_place_is_that_of_the_key_or_of_what_is_around_it() -> None:
    assert shot("a").where("control.video") == Place("x", 3, 9)
    assert shot("a").where("control.mask") == Place("x", 3, 1)
    assert shot("a").where("image") == Place("x", 2, 1)
    assert shot("a").where("") == Place("x", 2, 1)


def test_where_a_shot_was_written_does_not_make_it_another() -> None:
    moved = Shot(id="a", scene="river", place=Place("x", 2, 1), places={}, prompt="a boat")
    assert moved == shot("a")


def test_shots_are_called_by_scene_and_id_in_the_order_of_the_film() -> None:
    scenes = Scene("river", (shot("a"), shot("b"))), Scene("sea", (shot("a", "sea"),))
    film = Storyboard(title="X", slug="x", path=Path("x.yaml"), scenes=scenes)
    assert [one.full_id for one in film.shots] == ["river.a", "river.b", "sea.a"]


def test_a_lora_is_called_by_its_name_or_its_file() -> None:
    assert (Lora("fur").key, Lora("fur.safetensors", file=Path("/x/fur.safetensors")).key) == (
        "fur",
        "/x/fur.safetensors",
    )
    assert Lora("fur", place=Place("x", 1, 1)) == Lora("fur")


def test_a_size_is_written_as_people_do() -> None:
    assert str(Size(1280, 720)) == "1280x720"
