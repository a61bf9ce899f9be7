"""What the doctor found, on a page and as a document."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from flows.cli.doctor_page import Finding, looked, print_json, print_page, ready, summary
from flows.errors import EnvironmentProblem


def test_the_page_has_a_line_for_each_finding(capsys: pytest.CaptureFixture[str]) -> None:
    print_page(
        [Finding("A", "one", "good", "is here"), Finding("B", "three", "note", "is slow", "do this\n    or that")]
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "",
        "A",
        "  ✓ one    is here",
        "",
        "B",
        "  ! three  is slow",
        "           → do this",
        "           → or that",
        "",
        "Ready; 1 remark above.",
    ]
    assert summary([Finding("B", "three", "bad", "is gone")]) == "Not ready: three. What to do is said above."


def failing(text: str) -> Callable[[], str]:
    def look() -> str:
        raise EnvironmentProblem(text)

    return look


def test_a_look_that_fails_says_what_to_do() -> None:
    assert looked("G", "n", lambda: "fine") == Finding("G", "n", "good", "fine")
    assert looked("G", "n", failing("gone\n    make it")) == Finding("G", "n", "bad", "gone", "make it")
    assert looked("G", "n", failing("gone; make it")) == Finding("G", "n", "bad", "gone", "make it")
    assert looked("G", "n", failing("gone; for good"), "make it") == Finding(
        "G", "n", "bad", "gone; for good", "make it"
    )


def test_a_document_has_what_is_bad_among_its_problems(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json([Finding("A", "one", "good", "is here"), Finding("B", "two", "bad", "is gone", "make it")])
    document = json.loads(capfdbinary.readouterr().out)
    assert (document["ready"], document["exit_code"]) == (False, 2)
    (problem,) = document["problems"]
    assert (problem["message"], problem["fix"], problem["code"]) == ("two: is gone", "make it", "environment")
    assert [finding["state"] for finding in document["findings"]] == ["good", "bad"]


def test_remarks_do_not_keep_a_render_from_beginning() -> None:
    assert ready([Finding("A", "one", "note", "is slow")])
    assert summary([Finding("A", "one", "good", "is here")]) == "Ready."
