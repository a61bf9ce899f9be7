"""Files that a storyboard names lie inside its folder or the allowed roots, whatever links say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from flows.formats import Fault
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

    def counted(path: str) -> Fault | None:
        looks.append(path)
        return real(path)

    monkeypatch.setattr(assets_module, "_wrong_image", counted)
    desk.load(film("- {prompt: a, image: assets/boat.png}\n" * 50))
    assert len(looks) == 1


def test_a_missing_file_is_said_for_each_shot_that_names_it(desk: Desk) -> None:
    found = desk.check(film("- {prompt: a, image: nothing.png}\n" * 3))
    assert [problem.shot for problem in found] == ["river.shot-1", "river.shot-2", "river.shot-3"]


ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


@pytest.mark.parametrize(
    ("key", "data", "name", "fix"),
    [
        ("image: x", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo", "save it as PNG or JPEG"),
        ("video: x", ASF, "a Windows Media file", "convert it to MP4"),
        ("audio: x", ASF, "a Windows Media file", "convert it to WAV"),
        ("video: x", b"FLV\x01\x05", "a Flash video", "convert it to MP4"),
        ("audio: x", b"caff\0\x01", "a Core Audio file", "convert it to WAV"),
        ("audio: x", b"#EXTM3U\n", "a playlist", "convert it to WAV"),
        ("image: x", b"<!DOCTYPE html>", "a web page", "save it as PNG"),
        ("video: x", b"version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS", "convert it"),
    ],
)
def test_files_of_other_programs_are_refused_by_their_name(
    desk: Desk, key: str, data: bytes, name: str, fix: str
) -> None:
    (desk.folder / "x").write_bytes(data + bytes(64))
    problem = desk.the_problem(film(f"- {{prompt: a, {key}}}\n"))
    assert problem.message.startswith(f"x is {name}")
    assert problem.message.endswith("which is not read")
    assert (problem.fix or "").startswith(fix)


def test_pictures_are_refused_for_their_size_and_numbers(desk: Desk) -> None:
    Image.new("1", (9000, 9000)).save(desk.folder / "large.png")
    Image.new("F", (8, 8)).save(desk.folder / "numbers.tif")
    large, numbers = (desk.the_problem(with_image(name)) for name in ("large.png", "numbers.tif"))
    assert (large.message, large.fix) == (
        "large.png is 9000x9000: too large for a picture",
        "scale it below 80 megapixels",
    )
    assert "picture of numbers" in numbers.message
    Image.new("L", (10000, 9000)).save(desk.folder / "phone.jpg", quality=5)
    assert desk.load(with_image("phone.jpg")).shots[0].image == desk.folder / "phone.jpg"


def test_a_lora_that_begins_like_a_sound_is_a_lora(desk: Desk) -> None:
    (desk.folder / "x.safetensors").write_bytes(b"\x0b\x77" + bytes(6) + b"{}" + bytes(64))
    assert desk.load(film("- {prompt: a, loras: [{name: x.safetensors}]}\n")).shots[0].loras


def test_pictures_of_other_formats_and_raw_photos_are_named(desk: Desk) -> None:
    Image.new("RGB", (8, 8)).save(desk.folder / "a.ppm")
    Image.new("RGB", (8, 8)).save(desk.folder / "preview.dng", "TIFF", tiffinfo={254: 1})
    assert "in the format PPM, which is not read" in desk.the_problem(with_image("a.ppm")).message
    assert "a camera's raw photo" in desk.the_problem(with_image("preview.dng")).message


def test_pictures_that_move_can_be_videos(desk: Desk) -> None:
    moving = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for name in ("a.png", "a.gif", "a.webp"):
        moving[0].save(desk.folder / name, save_all=True, append_images=moving[1:], duration=100)
    for name in ("a.png", "a.gif", "a.webp"):
        assert desk.load(film(f"- {{prompt: a, video: {name}}}\n")).shots[0].video
    moving[0].save(desk.folder / "still.png")
    assert "is a picture, not a video" in desk.the_problem(film("- {prompt: a, video: still.png}\n")).message
