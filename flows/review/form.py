"""A review as a form: the JSON Schema that Prefect's UI draws, and what is filled into it. Knows no Prefect.

A shot is a group of three fields under `shot_1`, `shot_2` …, which carry its id as their title: ids have hyphens.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from flows.review.model import Entry, Question, Sheet, Standing, Verdict
from flows.review.page import asked, in_markdown
from flows.review.rounds import stands
from flows.review.wanted import Answer, Wanted, texts
from flows.storyboard.nodes import Source, Text

AS_BELOW, APPROVE_ALL, REJECT = "as decided below", "approve what is still open", "reject the film"
LATER = "later"
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


def schema(
    sheet: Sheet,
    entries: Sequence[Entry],
    pictures: Mapping[str, bytes] | None = None,
    problems: Sequence[str] = (),
) -> dict[str, Any]:
    """Of the whole form. What is decided already is chosen already. `pictures` are JPEGs by shot: each stands in the
    words above its fields, which are Markdown; so does what is asked, and what was wrong with the answer before, above
    the first: of a long form Prefect's UI leaves no room for its own description."""
    found = stands(sheet.questions, entries)
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
            "title": "The film",
            "enum": [AS_BELOW, APPROVE_ALL, REJECT],
            "default": AS_BELOW,
            "position": 1,
        },
    }
    for number, question in enumerate(sheet.questions, 1):
        standing = found[question.shot].standing
        chosen = {"approved": WORDS["approve"], "dropped": WORDS["drop"]}.get(standing, LATER)
        taken = [words for verdict, words in WORDS.items() if not (verdict == "take" and question.given)]
        properties[f"shot_{number}"] = {
            "type": "object",
            "title": question.shot,
            "description": _described(question, standing, pictures or {}),
            "position": number + 1,
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
    return {"title": f"Review of {sheet.title}", "type": "object", "properties": properties, "required": ["who"]}


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
    film = values.get("film")
    return Answer(
        who=str(values.get("who") or ""),
        how=str(values.get("how") or UI),
        wanted=tuple(each for each in wanted if each),
        approve_rest=film == APPROVE_ALL,
        rejected=film == REJECT,
        number=sheet.number,
        sources=tuple(sources),
    )


def values_of(entry: Entry, sheet: Sheet) -> dict[str, Any]:
    """An entry as it is filled in: what is decided elsewhere goes the same way."""
    values: dict[str, Any] = {"who": entry.who, "how": entry.how, "film": REJECT if entry.rejected else AS_BELOW}
    numbers = {question.shot: number for number, question in enumerate(sheet.questions, 1)}
    for decision in entry.decisions:
        values[f"shot_{numbers[decision.shot]}"] = {
            "decision": WORDS.get(decision.verdict, LATER),
            "prompt": decision.prompt,
            "note": decision.note,
        }
    return values


def _described(question: Question, standing: Standing, pictures: Mapping[str, bytes]) -> str:
    said = in_markdown(question.words[:_PROMPT_SHOWN])
    words = f"{standing}, seed {question.seed}: {said}"
    jpeg = pictures.get(question.shot)
    if jpeg is None or len(pictures) > MOST_PICTURES:
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
