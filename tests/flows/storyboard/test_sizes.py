"""Where a size is written as other programs call it, what is advised is a size that can be rendered."""

from __future__ import annotations

import re

import pytest

from flows.storyboard.sizes import _CALLED, FILM_MULTIPLE
from tests.flows.storyboard.conftest import FILM, Desk

SHOT = FILM + "      - prompt: a boat\n"


def advised(desk: Desk, size: str) -> str:
    return desk.the_problem(SHOT + f'format: {{size: "{size}"}}\n').fix or ""


@pytest.mark.parametrize(
    "called", [*_CALLED, "1920*1080", "1280X720", "854 x 480 px", "720×1280", "1:1", "21:9", "333x111"]
)
def test_a_size_that_is_advised_is_not_refused(desk: Desk, called: str) -> None:
    fix = advised(desk, called)
    written = re.match(r"write (\d+)x(\d+)", fix)
    assert written, fix
    assert not int(written[1]) % FILM_MULTIPLE
    assert not int(written[2]) % FILM_MULTIPLE
    deliver = re.search(r"deliver: \[.*\]", fix)
    text = f"{SHOT}format: {{size: {written[1]}x{written[2]}}}\n{deliver[0] if deliver else ''}\n"
    assert desk.check(text) == []


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("480p", "write 832x480"),
        ("1080p", "write 1280x720 and deliver 1920x1080: deliver: [{name: hd, size: 1920x1080}]"),
        ("540p", "write 960x544 and deliver 960x540: deliver: [{name: hd, size: 960x540}]"),
        ("1920*1080", "write 1280x720 and deliver 1920x1080: deliver: [{name: hd, size: 1920x1080}]"),
        ("1280X720", "write 1280x720"),
        ("1280 × 720", "write 1280x720"),
        ("16:9", "write 1280x720"),
        ("9:16", "write 720x1280"),
        ("1281x721", "write 1280x720"),
        ("wide", ""),
        ("0*0", ""),
    ],
)
def test_what_is_meant_by_a_size(desk: Desk, written: str, fix: str) -> None:
    assert advised(desk, written) == fix


@pytest.mark.parametrize(
    ("written", "fix"), [("1080p", "write 1920x1080"), ("16:9", 'write aspect: "16:9" instead of size')]
)
def test_a_deliverable_may_have_any_even_size(desk: Desk, written: str, fix: str) -> None:
    assert desk.the_problem(SHOT + f"deliver: [{{name: web, size: {written}}}]\n").fix == fix


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("30fps", "write 30"),
        ("29.97 fps", "write 29.97"),
        ("500 fps", "write 240 or less"),
        ("fps", "write it in digits"),
    ],
)
def test_a_rate_with_its_unit(desk: Desk, written: str, fix: str) -> None:
    assert desk.the_problem(SHOT + f"format: {{fps: {written}}}\n").fix == fix
