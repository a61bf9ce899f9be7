"""The language reference is made from the table that the parser reads by."""

from __future__ import annotations

import re

from flows.storyboard import words
from flows.storyboard.generate import REFERENCE
from flows.storyboard.language import DEFAULTS, FILM, SHOT
from flows.storyboard.reference import reference_text
from flows.storyboard.shapes import records


def test_the_reference_is_fresh() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference_text(), "run python -m flows.storyboard.generate"


def test_every_key_of_the_language_is_in_the_reference_with_a_meaning() -> None:
    text = reference_text()
    for record in records(FILM):
        for field in record.fields:
            assert f"| `{field.key}` |" in text
            assert field.doc.endswith(".")


def test_the_reference_links_to_its_own_headings() -> None:
    text = reference_text()
    anchors = {line.lstrip("# ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("## ")}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_a_shots_table_has_what_its_defaults_have_not() -> None:
    _, _, after = reference_text().partition("## Shot\n")
    table, _, _ = after.partition("\n## ")
    own = [field.key for field in SHOT.fields if field.key not in DEFAULTS.by_key]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == own
    assert "And every key of [Shot defaults](#shot-defaults)." in table


def test_every_name_of_a_table_is_explained() -> None:
    text = reference_text()
    for table in (words.TRANSITIONS, words.CONTINUITY, words.MOTION_MODES, words.SOLVERS, words.FILTERS):
        assert all(f"| `{name}` | {meaning} |" in text for name, meaning in table.items())
