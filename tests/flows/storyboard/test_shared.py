"""Looks, casts and soundtracks shared between films lie beside the storyboards and go under their own keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from flows.storyboard import load_storyboard
from flows.storyboard.language import GROUPS
from tests.flows.storyboard.conftest import Desk
from tests.flows.storyboard.test_shots import film

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    desk.write("style: ink\nnegative: blurry\n", "looks/ink.yaml")
    desk.write("lens: 35mm\n", "looks/lens.yaml")
    desk.write("boat: {description: a boat, reference: assets/boat.png}\nkite: a kite\n", "casts/kaffa.yaml")
    desk.write("music: {file: assets/talk.wav, gain_db: -3}\n", "soundtracks/calm.yaml")
    return desk


def test_shared_values_lie_under_the_storyboards_own(shelf: Desk) -> None:
    top = (
        "defaults: [look: ink, look: lens, cast: kaffa, soundtrack: calm]\n"
        "look: {negative: noisy}\ncast: {kite: a red kite}\nsoundtrack: {music: {duck: true}}\n"
    )
    storyboard = shelf.load(film("- prompt: <boat> and <kite>\n", top=top))
    shot = storyboard.shots[0]
    assert (shot.prompt, shot.negative_prompt) == ("a boat and a red kite, ink, 35mm", "noisy")
    music = storyboard.soundtrack.music
    assert music
    assert (music.gain_db, music.duck, music.file.name) == (-3, True, "talk.wav")


def test_a_mistake_in_a_shared_file_is_named_there(shelf: Desk) -> None:
    path = shelf.write("style: ink\nstlye: x\n", "looks/ink.yaml")
    problem = shelf.the_problem(film("- prompt: a\n", top="defaults: [look: ink]\n"))
    assert str(problem.place) == f"{path}:2:1"
    assert (problem.fix, problem.source) == ("did you mean style?", "stlye: x")


def test_a_shared_name_that_is_not_there_names_the_nearest(shelf: Desk) -> None:
    problem = shelf.the_problem(film("- prompt: a\n", top="defaults: [look: inc]\n"))
    assert problem.fix == "did you mean ink?"


def test_an_unknown_group_is_an_unknown_key(shelf: Desk) -> None:
    problem = shelf.the_problem(film("- prompt: a\n", top="defaults: [lock: ink]\n"))
    assert (problem.message, problem.fix) == ("unknown key 'lock' in a default", "did you mean look?")


def test_an_override_chooses_another_look(shelf: Desk) -> None:
    text = film("- prompt: a\n", top="defaults: [look: ink]\n")
    assert shelf.load(text, ["storyboard.look=lens"]).shots[0].prompt == "a, 35mm"
    assert shelf.load(film("- prompt: a\n"), ["storyboard.look=ink"]).shots[0].prompt == "a, ink"
    problem = shelf.the_problem(text, ["storyboard.look=nowhere"])
    assert str(problem.place) == "override storyboard.look=nowhere:1:17"


def test_a_search_folder_brings_its_own_assets(shelf: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    studio = Desk(tmp_path_factory.mktemp("studio"))
    studio.write("hero: {description: a hero, reference: assets/hero.png}\n", "casts/heroes.yaml")
    (studio.folder / "assets").mkdir()
    Image.new("RGB", (8, 8)).save(studio.folder / "assets" / "hero.png")
    path = shelf.write(film("- prompt: <hero>\n", top="defaults: [cast: heroes]\n"))
    shot = load_storyboard(path, search=[studio.folder]).shots[0]
    assert shot.cast[0].reference == studio.folder / "assets" / "hero.png"


def test_a_shared_file_that_links_elsewhere_is_refused(shelf: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secret") / "secret.yaml"
    secret.write_text("style: secret\n")
    (shelf.folder / "looks" / "link.yaml").symlink_to(secret)
    problem = shelf.the_problem(film("- prompt: a\n", top="defaults: [look: link]\n"))
    assert "is a symlink that leaves its folder" in problem.message


@pytest.mark.parametrize(("group", "folder"), GROUPS.items())
def test_those_that_are_shipped_are_right(desk: Desk, group: str, folder: str) -> None:
    shutil.copytree(REPOSITORY / "storyboards" / folder, desk.folder / folder)
    (desk.folder / "assets" / "bed.m4a").write_bytes(b"\0\0\0\x18ftypM4A ")
    names = [path.stem for path in (desk.folder / folder).iterdir()]
    assert names
    for name in names:
        assert desk.check(film("- prompt: a\n", top=f"defaults: [{group}: {name}]\n")) == []
