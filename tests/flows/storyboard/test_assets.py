"""Files that a storyboard names lie inside its folder or the allowed roots, whatever links say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from flows.storyboard import assets as assets_module
from tests.flows.storyboard.conftest import Desk
from tests.flows.storyboard.test_shots import film


def with_image(path: object) -> str:
    return film(f"- {{prompt: a, image: '{path}'}}\n")


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere")
    Image.new("RGB", (8, 8)).save(folder / "secret.png")
    return folder


def test_an_absolute_path_inside_the_folder_is_fine(desk: Desk) -> None:
    path = desk.folder / "assets" / "boat.png"
    assert desk.load(with_image(path)).shots[0].image == path


def test_a_symlink_out_of_the_folder_is_refused(desk: Desk, elsewhere: Path) -> None:
    (desk.folder / "assets" / "link.png").symlink_to(elsewhere / "secret.png")
    problem = desk.the_problem(with_image("assets/link.png"))
    assert problem.message == "assets/link.png is outside the storyboard's folder"
    assert problem.fix == "it is a symlink that leaves it: copy the file"


def test_a_linked_folder_that_leaves_is_refused(desk: Desk, elsewhere: Path) -> None:
    (desk.folder / "pictures").symlink_to(elsewhere)
    assert "outside" in desk.the_problem(with_image("pictures/secret.png")).message


def test_a_symlink_that_stays_inside_is_fine(desk: Desk) -> None:
    (desk.folder / "link.png").symlink_to(desk.folder / "assets" / "boat.png")
    assert desk.load(with_image("link.png")).shots[0].image == desk.folder / "assets" / "boat.png"


def test_roots_allow_other_folders(desk: Desk, elsewhere: Path) -> None:
    text = with_image(elsewhere / "secret.png")
    assert "assets.roots" in (desk.the_problem(text).fix or "")
    assert desk.load(text, roots=[elsewhere]).shots[0].image == elsewhere / "secret.png"


def test_a_folder_with_the_same_beginning_is_outside(desk: Desk) -> None:
    twin = desk.folder.with_name(desk.folder.name + "-twin")
    twin.mkdir()
    Image.new("RGB", (8, 8)).save(twin / "a.png")
    assert "outside" in desk.the_problem(with_image(f"../{twin.name}/a.png")).message


def test_a_storyboard_reached_through_a_link_finds_its_files(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    link = tmp_path_factory.mktemp("link") / "films"
    link.symlink_to(desk.folder)
    desk.write(with_image("assets/boat.png"))
    assert Desk(link).load(with_image("assets/boat.png")).shots[0].image == desk.folder / "assets" / "boat.png"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(desk: Desk) -> None:
    (desk.folder / "assets" / "boat.png").chmod(0)
    assert "cannot be read: Permission denied" in desk.the_problem(with_image("assets/boat.png")).message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"GIF89a", "cannot be read as a picture"),
        (b"\x89PNG\r\n\x1a\n", "cannot be read as a picture"),
    ],
)
def test_what_only_begins_like_a_picture_is_refused(desk: Desk, data: bytes, message: str) -> None:
    (desk.folder / "assets" / "odd.png").write_bytes(data)
    problem = desk.the_problem(with_image("assets/odd.png"))
    assert message in problem.message or "is not a picture" in problem.message
    assert "PNG" in (problem.fix or "")


def test_a_pipe_is_not_opened(desk: Desk) -> None:
    os.mkfifo(desk.folder / "pipe.png")
    assert "is not a regular file" in desk.the_problem(with_image("pipe.png")).message


def test_a_file_named_by_many_shots_is_looked_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    real = assets_module._wrong_image

    def counted(path: str) -> str | None:
        looks.append(path)
        return real(path)

    monkeypatch.setattr(assets_module, "_wrong_image", counted)
    desk.load(film("- {prompt: a, image: assets/boat.png}\n" * 50))
    assert len(looks) == 1


def test_a_missing_file_is_said_for_each_shot_that_names_it(desk: Desk) -> None:
    found = desk.check(film("- {prompt: a, image: nothing.png}\n" * 3))
    assert [problem.shot for problem in found] == ["river.shot-1", "river.shot-2", "river.shot-3"]
