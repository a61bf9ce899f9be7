from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.errors import UserError
from flows.review.file import read_decisions, template
from flows.review.wanted import entry_of
from tests.flows.review.reviews import NOW, question, sheet

SHEET = sheet(question("river.launch"), question("river.drift", "f1"))


def written(folder: Path, text: str) -> Path:
    path = folder / "decisions.json"
    path.write_text(text)
    return path


@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_is_written_to_be_filled_in_is_read_again(tmp_path: Path, ascii_only: bool) -> None:
    form: Any = template(SHEET, (), "maria")
    form["shots"]["river.launch"] |= {"decision": "prompt", "prompt": 'a "boat"\n⛵ in the 🌙', "note": "später"}
    form["shots"]["river.drift"] |= {"decision": "take"}
    path = written(tmp_path, json.dumps(form, indent=2, ensure_ascii=ascii_only))
    made = entry_of(read_decisions(path, "somebody"), SHEET, (), NOW)
    assert made.who == "maria"
    assert (made.decisions[0].prompt, made.decisions[0].note) == ('a "boat"\n⛵ in the 🌙', "später")
    assert made.decisions[1].verdict == "take"


def test_a_form_that_is_not_filled_in_decides_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(template(SHEET, (), "")))
    with pytest.raises(UserError, match="nothing is decided"):
        entry_of(read_decisions(path, "jo"), SHEET, (), NOW)


def test_the_short_way_to_write_it(tmp_path: Path) -> None:
    path = written(tmp_path, "shots:\n  launch: approve\n  drift: {note: wait}\n")
    made = entry_of(read_decisions(path, "jo"), SHEET, (), NOW)
    assert [(each.verdict, each.note) for each in made.decisions] == [("approve", ""), ("note", "wait")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"shots": {"launch": {"decison": "approve"}}}', "decisions.json:1:23: unknown key 'decison' in a decision"),
        ('{"shot": {}}', "unknown key 'shot' in decisions"),
        ('{"shots": ["launch"]}', "shots is a map of shots by their ids, not a list"),
        ('{"shots": {"launch": ["approve"]}}', "a decision is a map, not a list"),
        ('{"shots": {"launch": {"decision": {"is": "approve"}}}}', "decision is one value, not a map"),
        ('{"review": 2}', "review 2 is no version of this file"),
        ('{"number": "two"}', "number is a whole number"),
        ('{"reject": "perhaps"}', "reject is true or false"),
        ("[]", "decisions are a map"),
        ("", "decisions.json:1:1: no decisions are in it\n    write a file to fill in: wanflow review FILM --json"),
        ("\n# later\n", "decisions.json:1:1: no decisions are in it"),
        ('{"shots": {"launch": "approve", "launch": "take"}}', "launch"),
        ('{"shots": ', "decisions.json:2:1: the YAML cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_decisions(written(tmp_path, text), "jo")
    assert said in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="decisions cannot be read"):
        read_decisions(tmp_path / "nowhere.json", "jo")
    (tmp_path / "decisions.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="decisions cannot be read"):
        read_decisions(tmp_path / "decisions.json", "jo")


def test_who_decides_on_a_sheet_of_before_comes_too_late(tmp_path: Path) -> None:
    path = written(tmp_path, '{"number": 0, "shots": {"launch": "approve"}}')
    answer = read_decisions(path, "jo")
    later = entry_of(answer, SHEET, (), NOW)
    with pytest.raises(UserError, match="in the meantime"):
        entry_of(answer, sheet(*SHEET.questions, number=1), (later,), NOW)
