"""What programs read: one object, UTF-8 whatever the terminal speaks, also of a wrong command line."""

from __future__ import annotations

import io
import json

import pytest

from flows.cli.document import JSON_VERSION, command_of, envelope, print_document, wants_document, warnings


def test_a_document_says_what_it_is() -> None:
    assert envelope("plan") == {"json_version": JSON_VERSION, "command": "plan", "exit_code": 0, "problems": []}
    (problem,) = envelope("plan", 2, warnings(["a.yaml:1:2: odd\n    mend it"]))["problems"]
    assert (problem["severity"], problem["code"], problem["fix"], problem["line"]) == (
        "warning",
        "warning",
        "mend it",
        1,
    )


def test_it_is_utf_8_and_one_line_where_lines_came_before() -> None:
    out = io.BytesIO()
    print_document({"title": "Škoda ☂ \udc80"}, line=True, to=out)
    assert out.getvalue() == '{"title": "Škoda ☂ \\udc80"}\n'.encode()
    whole = io.BytesIO()
    print_document({"a": [1]}, to=whole)
    assert json.loads(whole.getvalue()) == {"a": [1]}
    assert whole.getvalue().count(b"\n") > 1


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["plan", "film.yaml"], "plan"),
        (["--debug", "render", "x"], "render"),
        (["models", "list", "--json"], "models list"),
        (["models"], "models"),
        (["export", "comfyui", "x"], "export comfyui"),
        ([], ""),
    ],
)
def test_the_command_of_a_command_line(arguments: list[str], command: str) -> None:
    assert command_of(arguments) == command


def test_what_stands_behind_two_dashes_is_no_option() -> None:
    assert wants_document(["plan", "x", "--json"])
    assert wants_document(["render", "--events"])
    assert not wants_document(["plan", "--", "--json"])
    assert not wants_document([])
