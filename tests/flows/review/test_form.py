from __future__ import annotations

import pytest
from prefect.utilities.schema_tools import is_valid_schema, validate

from flows.errors import StoryboardError
from flows.review.form import APPROVE_ALL, MOST_PICTURES, REJECT, answer_in, schema, values_of
from flows.review.wanted import entry_of
from tests.flows.review.reviews import NOW, decision, entry, question, sheet

SHEET = sheet(question("river.launch", words="<boat> | *moves*"), question("river.face", "f1", given=True))


def test_the_server_takes_the_form_and_what_is_chosen_in_it() -> None:
    form = schema(SHEET, [entry(1, decision("river.launch", "approve"))])
    is_valid_schema(form)  # raises otherwise
    chosen = {"who": "maria", "shot_1": {"decision": "approve"}, "shot_2": {"decision": "drop the shot"}}
    assert list(validate(chosen, form)) == []
    assert list(validate({"who": "maria", "shot_1": {"decision": "perhaps"}}, form))
    assert list(validate({}, form))
    groups = [group for key, group in form["properties"].items() if key.startswith("shot_")]
    assert [group["title"] for group in groups] == ["river.launch", "river.face"]
    assert [group["properties"]["decision"]["default"] for group in groups] == ["approve", "later"]
    assert "another take" not in groups[1]["properties"]["decision"]["enum"]


def test_words_are_shown_as_they_are_and_pictures_beside_them() -> None:
    form = schema(SHEET, [], {"river.launch": b"jpeg"}, ["<baot> is not in the cast"])
    said = form["properties"]["shot_1"]["description"]
    assert said.startswith("open, seed 3: &lt;boat> \\| \\*moves\\*")
    assert "![river.launch](data:image/jpeg;base64,anBlZw==)" in said
    assert "**Not taken:** &lt;baot> is not in the cast" in form["properties"]["who"]["description"]
    many = {f"s{number}": b"" for number in range(MOST_PICTURES)} | {"river.launch": b"jpeg"}
    assert "data:" not in schema(SHEET, [], many)["properties"]["shot_1"]["description"]


def test_what_is_filled_in_is_read_and_what_is_decided_elsewhere_goes_the_same_way() -> None:
    values = {
        "who": "maria",
        "shot_1": {"decision": "new prompt", "prompt": "<boat> sinks", "note": "please"},
        "shot_2": {"decision": "later", "prompt": "words of river.face", "note": "hm"},
    }
    made = entry_of(answer_in(values, SHEET), SHEET, [], NOW)
    assert [(each.verdict, each.prompt, each.note) for each in made.decisions] == [
        ("prompt", "<boat> sinks", "please"),
        ("note", "", "hm"),
    ]
    again = entry_of(answer_in(values_of(made, SHEET), SHEET), SHEET, [], NOW)
    assert (again.decisions, again.who, again.how) == (made.decisions, "maria", made.how)


def test_all_and_nothing() -> None:
    assert entry_of(answer_in({"who": "jo", "film": REJECT}, SHEET), SHEET, [], NOW).rejected
    made = entry_of(answer_in({"who": "jo", "film": APPROVE_ALL}, SHEET), SHEET, [], NOW)
    assert [each.verdict for each in made.decisions] == ["approve", "approve"]


def test_who_goes_around_the_form_is_told() -> None:
    with pytest.raises(StoryboardError, match=r"the form, river\.launch, decision:1:1"):
        entry_of(answer_in({"who": "jo", "shot_1": {"decision": "perhaps"}}, SHEET), SHEET, [], NOW)


def test_a_prompt_with_variables_is_shown_with_their_values_and_edited_without() -> None:
    asked = question("a-1:own", words="{{ product }} rises", prompt="a red boat rises, over water")
    group = schema(sheet(asked), (), {}, ())["properties"]
    (shown,) = [each for each in group.values() if "a red boat rises" in str(each)]
    assert "open, seed 3: a red boat rises" in str(shown)
    assert "'default': '{{ product }} rises'" in str(shown)
