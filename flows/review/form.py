"""A review as a form: the JSON Schema that Prefect's UI draws, and what is filled into it. Knows no Prefect.

A shot is a group of three fields under `shot_1`, `shot_2` …, which carry its id as their title: ids have hyphens.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flows.review.file import decisions_in
from flows.review.model import Decision, Entry, Question, Sheet, Standing, Verdict
from flows.review.page import asked, in_markdown, named
from flows.review.rounds import open_of, stand_of
from flows.review.said import said_in
from flows.review.wanted import Answer, Wanted, texts
from flows.storyboard.nodes import Source, Text

AS_BELOW, APPROVE_ALL, REJECT = "as decided below", "approve what is still open", "reject all of it"
LATER = "later"
OUT, FILE = "films_left_out", "decisions"
"""Fields of a batch."""
WORDS: Mapping[Verdict, str] = {
    "approve": "approve",
    "take": "another take",
    "prompt": "new prompt",
    "drop": "drop the shot",
}
"""What a person chooses from."""
_VERDICTS: Mapping[str, Verdict] = {words: verdict for verdict, words in WORDS.items()}
UI = "Prefect"
_PROMPT_SHOWN = 300
MOST_PICTURES = 48
"""In the fields of a form; of a longer film there is the contact sheet above them."""
MOST_LOOKS = 48
"""Of a batch, with fields of their own; of more all are decided together, or by a file."""


def schema(
    sheet: Sheet,
    entries: Sequence[Entry],
    pictures: Mapping[str, bytes] | None = None,
    problems: Sequence[str] = (),
) -> dict[str, Any]:
    """Of the whole form. What is decided already is chosen already. `pictures` are JPEGs by shot: each stands in the
    words above its fields, which are Markdown; so does what is asked, and what was wrong with the answer before, above
    the first: of a long form Prefect's UI leaves no room for its own description."""
    properties: dict[str, Any] = {
        "who": {
            "type": "string",
            "title": "Your name",
            "description": asked(sheet, entries, problems),
            "minLength": 1,
            "maxLength": 100,
            "position": 0,
        },
        "film": {
            "type": "string",
            "title": f"The {sheet.whole}",
            "enum": [AS_BELOW, APPROVE_ALL, REJECT],
            "default": AS_BELOW,
            "position": 1,
        },
        **(_of_batch(sheet, entries) if sheet.films else {}),
    }
    numbered, said = _with_fields(sheet, entries), said_in(entries)
    seen = {each.shot: (pictures or {})[each.shot] for each in numbered.values() if each.shot in (pictures or {})}
    if not sheet.films and len(pictures or {}) > MOST_PICTURES:
        seen = {}
    for place, (number, question) in enumerate(numbered.items(), len(properties)):
        properties[f"shot_{number}"] = _group(question, stand_of(question, said).standing, seen, place)
    return {"title": f"Review of {sheet.title}", "type": "object", "properties": properties, "required": ["who"]}


def _with_fields(sheet: Sheet, entries: Sequence[Entry]) -> dict[int, Question]:
    """The questions that have fields, by their numbers on the sheet: of a batch those alone that are open, and none of
    too many."""
    numbered = dict(enumerate(sheet.questions, 1))
    if not sheet.films:
        return numbered
    waiting = set(open_of(sheet, entries))
    found = {number: question for number, question in numbered.items() if question.shot in waiting}
    return found if len(found) <= MOST_LOOKS else {}


def _of_batch(sheet: Sheet, entries: Sequence[Entry]) -> dict[str, Any]:
    """Films, and everything else, by name."""
    many = len(open_of(sheet, entries)) > MOST_LOOKS
    few = "With the fields below, or in their place."
    said = f"These are more than {MOST_LOOKS} looks, too many for fields of their own: approve or reject all of them"
    file = f"what `{sheet.command} --json` writes, filled in, or short: `shots: {{FILM:SHOT: take, SHOT: approve}}`"
    return {
        OUT: {
            "type": "string",
            "title": "Films to leave out",
            "description": "Their names, with commas between them. They are not made.",
            "default": "",
            "position": 2,
        },
        FILE: {
            "type": "string",
            "title": "Decisions as a file",
            "description": f"{said}, or write here {file}. In a terminal: `{sheet.command}`."
            if many
            else f"{few} Here goes {file}.",
            "default": "",
            "position": 3,
        },
    }


def _group(question: Question, standing: Standing, pictures: Mapping[str, bytes], position: int) -> dict[str, Any]:
    chosen = {"approved": WORDS["approve"], "dropped": WORDS["drop"]}.get(standing, LATER)
    taken = [words for verdict, words in WORDS.items() if not (verdict == "take" and question.given)]
    return {
        "type": "object",
        "title": named(question),
        "description": _described(question, standing, pictures),
        "position": position,
        "properties": {
            "decision": {
                "type": "string",
                "title": "Decision",
                "enum": [LATER, *taken],
                "default": chosen,
                "position": 0,
            },
            "prompt": {
                "type": "string",
                "title": "New prompt",
                "description": "Only with the decision new prompt.",
                "default": question.words,
                "position": 1,
            },
            "note": {"type": "string", "title": "Note", "default": "", "maxLength": 2000, "position": 2},
        },
    }


def answer_in(values: Mapping[str, Any], sheet: Sheet) -> Answer:
    """What was filled in. Who goes around the form is answered by the checks of `flows.review.wanted`."""
    sources: list[Source] = []

    def text(name: str, value: object) -> Text | None:
        if not isinstance(value, str) or not value:
            return None
        source, node = texts(name, value)
        sources.append(source)
        return node

    wanted = []
    for number, question in enumerate(sheet.questions, 1):
        group = values.get(f"shot_{number}")
        if isinstance(group, Mapping):
            wanted.append(_wanted(question.shot, group, text))
    who, how, film = str(values.get("who") or ""), str(values.get("how") or UI), values.get("film")
    rejected = False
    if sheet.films:
        names = [name for name in str(values.get(OUT) or "").split(",") if name.strip()]
        wanted += [Wanted(_written(OUT, name.strip()), _written(OUT, "drop")) for name in names]
        written = decisions_in(FILE, str(values.get(FILE) or "{}"), who)
        wanted += written.wanted
        sources += written.sources
        rejected = written.rejected
    return Answer(
        who=who,
        how=how,
        wanted=tuple(each for each in wanted if each),
        approve_rest=film == APPROVE_ALL,
        rejected=film == REJECT or rejected,
        number=sheet.number,
        sources=tuple(sources),
    )


def values_of(entry: Entry, sheet: Sheet) -> dict[str, Any]:
    """An entry as it is filled in: what is decided elsewhere goes the same way."""
    values: dict[str, Any] = {"who": entry.who, "how": entry.how, "film": REJECT if entry.rejected else AS_BELOW}
    if sheet.films:  # which may have no fields of their own
        return {**values, FILE: json.dumps({"shots": {_name(each): _as_file(each) for each in entry.decisions}})}
    numbers = {question.shot: number for number, question in enumerate(sheet.questions, 1)}
    for decision in entry.decisions:
        values[f"shot_{numbers[decision.shot]}"] = {
            "decision": WORDS.get(decision.verdict, LATER),
            "prompt": decision.prompt,
            "note": decision.note,
        }
    return values


def _written(field: str, value: str) -> Text:
    return texts(field, value)[1]


def _name(decision: Decision) -> str:
    """Of a shot, or of a whole film."""
    return decision.shot.removesuffix(":")


def _as_file(decision: Decision) -> dict[str, str]:
    return {"decision": decision.verdict, "prompt": decision.prompt, "note": decision.note}


def _described(question: Question, standing: Standing, pictures: Mapping[str, bytes]) -> str:
    said = in_markdown(question.shown[:_PROMPT_SHOWN])
    words = f"{standing}, seed {question.seed}: {said}"
    jpeg = pictures.get(question.shot)
    if jpeg is None:
        return words
    return f"{words}\n\n![{question.shot}](data:image/jpeg;base64,{base64.b64encode(jpeg).decode()})"


def _wanted(shot: str, group: Mapping[str, Any], text: Any) -> Wanted | None:
    where = f"the form, {shot}"
    said = str(group.get("decision") or LATER)
    note = text(f"{where}, note", group.get("note"))
    if said == LATER:
        return Wanted(text(where, shot), verdict=text(where, "note"), note=note) if note else None
    verdict = _VERDICTS.get(said, said)
    # the prompt's field begins with the shot's own
    prompt = text(f"{where}, new prompt", group.get("prompt")) if verdict == "prompt" else None
    return Wanted(text(where, shot), text(f"{where}, decision", verdict), prompt, note)
