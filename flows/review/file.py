"""Decisions in a file: `wanflow review FILM --json` writes one to fill in, `--decisions FILE` reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypedDict

from flows.errors import UserError
from flows.review.model import VERDICTS, Entry, Sheet, Standing
from flows.review.rounds import stands
from flows.review.wanted import Answer, Wanted
from flows.storyboard.document import parse
from flows.storyboard.nodes import Keys, Node, Source, Text
from flows.storyboard.problems import Problems, listed

MOST_BYTES = 10_000_000
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_TO_FILL_IN = "write a file to fill in: wanflow review FILM --json > d.json"
_KEYS = ("review", "film", "number", "by", "reject", "shots")
_OF_DOCUMENT = (
    "json_version",
    "command",
    "exit_code",
    "problems",
    "kind",
    "page",
    "run",
    "run_url",
    "until",
    "open",
    "taken",
    "history",
)
"""What else `--json` prints; nothing of it is read."""
_OF_SHOT = ("decision", "prompt", "note", "look", "seed", "standing", "decided", "films")


class ShotDecision(TypedDict):
    """Of one shot; `look`, `seed`, `standing`, `decided` and `films` are for who fills it in."""

    decision: str
    prompt: str
    note: str
    look: str
    seed: int
    standing: Standing
    decided: str
    films: list[str]


class DecisionsForm(TypedDict):
    """The file."""

    review: int
    film: str
    number: int
    by: str
    reject: bool
    shots: dict[str, ShotDecision]


def template(sheet: Sheet, entries: tuple[Entry, ...], by: str) -> DecisionsForm:
    """To be filled in: of what is decided nothing changes where `decision` stays empty."""
    found = stands(sheet.questions, entries)
    return {
        "review": 1,
        "film": sheet.title,
        "number": entries[-1].number if entries else 0,
        "by": by,
        "reject": False,
        "shots": {
            question.shot: {
                "decision": "",
                "prompt": question.words,
                "note": "",
                "look": question.look,
                "seed": question.seed,
                "standing": found[question.shot].standing,
                "decided": entry.signed if (entry := found[question.shot].entry) else "",
                "films": list(question.films),
            }
            for question in sheet.questions
        },
    }


def read_decisions(path: Path, by: str) -> Answer:
    """What the file says. Raises UserError when it cannot be read, StoryboardError with what is wrong, at its place."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path}: decisions have at most {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(f"{path}: decisions cannot be read ({why})") from error
    return decisions_in(str(path), text, by)


def decisions_in(name: str, text: str, by: str) -> Answer:
    """What such a text says, which is called `name`. Raises StoryboardError with what is wrong, at its place."""
    source, problems = Source(name, _PAIR.sub(_character, text)), Problems()
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        problems.knows(source)
        problems.add(source.place(1, 1), "no decisions are in it", _TO_FILL_IN)
        problems.stop_if_any()
    root = parse(source, problems)
    problems.stop_if_any()
    if not isinstance(root, Keys):
        problems.add(root, "decisions are a map", _TO_FILL_IN)
        problems.stop_if_any()
    assert isinstance(root, Keys)
    answer = _read(root, source, by, problems)
    problems.stop_if_any()
    return answer


def _read(root: Keys, source: Source, by: str, problems: Problems) -> Answer:
    _check_keys(root, (*_KEYS, *_OF_DOCUMENT), "decisions", problems)
    version, number, who, reject = (_text(root, key, problems) for key in ("review", "number", "by", "reject"))
    if version is not None and version.value != "1":
        problems.add(version, f"review {version.value[:20]} is no version of this file", "review: 1")
    if number is not None and not number.value.isdecimal():
        problems.add(number, "number is a whole number", "leave it as `--json` has written it, or out")
    if reject is not None and reject.value not in ("true", "false"):
        problems.add(reject, "reject is true or false", None)
    shots = root.get("shots")
    if shots is not None and not isinstance(shots, Keys):
        problems.add(shots, f"shots is a map of shots by their ids, not {shots.word}", None)
    wanted = (
        tuple(_shot(name, value, problems) for name, value in shots.entries.values()) if isinstance(shots, Keys) else ()
    )
    return Answer(
        who=(who.value if who else "") or by,
        how="a file",
        wanted=tuple(each for each in wanted if each),
        rejected=reject is not None and reject.value == "true",
        number=int(number.value) if number is not None and number.value.isdecimal() else None,
        sources=(source,),
    )


def _shot(name: Text, value: Node, problems: Problems) -> Wanted | None:
    if isinstance(value, Text):  # `river.launch: approve`
        return Wanted(name, verdict=value)
    if not isinstance(value, Keys):
        fix = f'"{name.value[:60]}": {{"decision": "approve"}}; there are {listed(VERDICTS)}'
        problems.add(value, f"a decision is a map, not {value.word}", fix)
        return None
    _check_keys(value, _OF_SHOT, "a decision", problems)
    said = {key: _text(value, key, problems) for key in ("decision", "prompt", "note", "look")}
    return Wanted(name, said["decision"], said["prompt"], said["note"], said["look"])


def _text(keys: Keys, key: str, problems: Problems) -> Text | None:
    node = keys.get(key)
    if node is None or (isinstance(node, Text) and node.plain and node.value in ("null", "")):
        return None
    if not isinstance(node, Text):
        problems.add(node, f"{key} is one value, not {node.word}", None)
        return None
    return node


def _check_keys(keys: Keys, known: tuple[str, ...], of: str, problems: Problems) -> None:
    for name, (written, _) in keys.entries.items():
        if name not in known:
            fix = problems.did_you_mean(name, known, f"its keys: {listed(known)}")
            problems.add(written, f"unknown key {name[:60]!r} in {of}", fix)


def _character(found: re.Match[str]) -> str:
    """JSON writes what is beyond 16 bits as two halves, which YAML does not."""
    return found[0].encode().decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16")
