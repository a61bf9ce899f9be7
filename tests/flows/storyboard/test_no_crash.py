"""Whatever is done to a storyboard, the answer is a film or a list of problems, never a traceback."""

from __future__ import annotations

import random

import pytest

from tests.flows.storyboard.conftest import Desk
from tests.flows.storyboard.test_shots import EVERYTHING

TOKENS = (
    *(
        "{",
        "}",
        "[",
        "]",
        ":",
        "- ",
        "\n",
        "  ",
        "&a ",
        "*a",
        "!x ",
        "<<: ",
        "{{ product }}",
        "{{",
        "'",
        '"',
        "|",
        "\t",
    ),
    *(
        "null",
        "",
        "0",
        "-1",
        "1e9",
        "previous",
        "none",
        "<boat>",
        "<nope>",
        "river.launch",
        "#",
        ",",
        "?",
        "%",
        "é",
        "🚤",
    ),
    *("\x00", "\ufeff", "~", "seed: 1\n", "continuity: voice"),
)
OVERRIDES = (
    "seed",
    "shots.drift.continuity",
    "scenes.0",
    "scenes.0.shots",
    "cast.boat",
    "look",
    "deliver.0.size",
    "shots",
)


def damaged(random_: random.Random) -> str:
    """The design's storyboard after a few careless edits."""
    text = EVERYTHING
    for _ in range(random_.randint(1, 4)):
        lines = text.splitlines(keepends=True) or ["\n"]
        line = random_.randrange(len(lines))
        edit = random_.randrange(4)
        if edit == 0:
            at = random_.randrange(len(text) + 1)
            lines = [text[:at] + random_.choice(TOKENS) + text[at:]]
        elif edit == 1:
            del lines[line]
        elif edit == 2:
            lines.insert(line, random_.choice(lines))
        else:
            lines[line] = lines[line].partition(": ")[0] + ": " + random_.choice(TOKENS) + "\n"
        text = "".join(lines)
    return text


@pytest.mark.parametrize("seed", range(4))
def test_careless_edits_end_in_problems_with_places(desk: Desk, seed: int) -> None:
    random_ = random.Random(seed)
    wrong = 0
    for _ in range(100):
        overrides = (
            [f"storyboard.{random_.choice(OVERRIDES)}={random_.choice(TOKENS)}"] if random_.random() < 0.3 else []
        )
        found = desk.check(damaged(random_), overrides)
        assert all(problem.place and problem.message for problem in found)
        wrong += bool(found)
    assert wrong > 50


def test_a_terminal_is_never_given_control_characters(desk: Desk) -> None:
    found = desk.check('storyboard: 1\n"\\e[31mred": 1\n', ["storyboard.\x1b[2J=1"])
    assert found
    assert "\x1b" not in "".join(map(str, found))
