"""A take written into a file: one line more, everything else byte by byte as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.storyboard.take_line import with_take, write_takes

FILM = """# my film
storyboard: 1
title: T   # a title
scenes:
  - id: sky
    shots:
      - id: one      # first
        prompt: >
          a boat
          on a lake

        # how many
        takes: 3  # of them
        seed: 4
      - {id: two, prompt: "a kite, red", takes: 2}
      - prompt: a star
        transition: {kind: dissolve, duration: 0.5s}
      - prompt: alone
"""


def test_it_stands_beside_takes_and_nothing_else_changes() -> None:
    made = with_take(FILM, "sky.one", 2)
    assert made is not None
    assert made == FILM.replace("        takes: 3", "        take: 2\n        takes: 3")
    assert with_take(made, "sky.one", 1) == made.replace("take: 2", "take: 1")
    assert with_take(made, "sky.one", None) == FILM


def test_in_braces_and_without_takes_it_finds_a_place() -> None:
    assert with_take(FILM, "sky.two", 2) == FILM.replace("takes: 2}", "take: 2, takes: 2}")
    assert with_take(FILM, "sky.shot-3", 2) == FILM.replace(
        "        transition: {", "        take: 2\n        transition: {"
    )
    assert with_take(FILM, "sky.shot-4", 2) == f"{FILM}        take: 2\n"
    assert with_take(FILM.rstrip("\n"), "sky.shot-4", 2) == f"{FILM}        take: 2"


def test_what_it_cannot_write_cleanly_it_does_not_write() -> None:
    twice = FILM.replace("- {id: two,", "- &same {id: two,") + "  - id: sea\n    shots:\n      - *same\n"
    assert with_take(twice, "sky.two", 2) is None, "the other shot would have it too"
    assert with_take(FILM, "sky.three", 2) is None
    assert with_take(FILM.replace("takes: 3", "take: '2'"), "sky.one", 1) is None
    assert with_take("{", "sky.one", 1) is None
    in_a_file_of_json = '{"scenes": [{"id": "a", "shots": [{"id": "b", "take": 2}]}]}'
    assert with_take(in_a_file_of_json.replace("2", "[2]"), "a.b", None) is None


@pytest.mark.parametrize(
    ("shot", "without"),
    [
        ("{prompt: x, take: 2}", "{prompt: x}"),
        ("{take: 2, prompt: x}", "{prompt: x}"),
        ("{prompt: x, take: 2, takes: 3}", "{prompt: x, takes: 3}"),
        ("{ prompt: x , take: '2' }", "{ prompt: x }"),
        ('{"prompt": "a, b}", "take": 2}', '{"prompt": "a, b}"}'),
        ("{prompt: x,\n         take: 2}", "{prompt: x}"),
        ("{prompt: x,\n         take: 2,  # this one\n         takes: 3}", "{prompt: x,\n         takes: 3}"),
        ("{prompt: x, # why\n         take: 2}", "{prompt: x, # why\n         }"),
        ("{prompt: x, take: 2,\n         takes: 3}", "{prompt: x,\n         takes: 3}"),
        ("take: 2\n        prompt: x", "prompt: x"),
        ("take: 2  # this one\n        prompt: x", "prompt: x"),
        ("prompt: x\n        take: 2  # this one", "prompt: x"),
    ],
)
def test_it_goes_from_wherever_it_stands(shot: str, without: str) -> None:
    def film(shot: str) -> str:
        return f"storyboard: 1\nscenes:\n  - id: sky\n    shots:\n      - {shot}\n      - prompt: y # take: 2\n"

    assert with_take(film(shot), "sky.shot-1", None) == film(without)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_keep_their_line_endings_and_marks(ending: str, mark: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(mark + FILM.replace("\n", ending).encode())
    assert write_takes(path, {"sky.one": 2, "sky.two": 1})
    expected = FILM.replace("        takes: 3", "        take: 2\n        takes: 3").replace(
        "takes: 2}", "take: 1, takes: 2}"
    )
    assert path.read_bytes() == mark + expected.replace("\n", ending).encode()
    before = path.read_bytes()
    assert not write_takes(path, {"sky.one": 1, "sky.none": 1})
    assert path.read_bytes() == before, "all or nothing"
