"""The plan as text: what is new and why, what is in the store, warnings and sums."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from flows.cli.plan_table import MOST_ROWS, chain, print_plan
from flows.clips import HandOff
from flows.planning.model import Plan
from flows.storyboard.model import Transition
from tests.flows.cli.plans import clip, plan, shot, take
from tests.flows.made import changed


def printed(made: Plan) -> str:
    out = io.StringIO()
    print_plan(made, Console(file=out, width=120, highlight=False))
    return out.getvalue()


def test_new_and_cached_shots_are_told_apart_with_the_reason() -> None:
    text = printed(
        plan(
            shot("a.one", take(clip("1", "cached"), why="in the store")),
            shot("a.two", take(clip("2"), why="prompt changed [sic]"), take(clip("3", "cached"))),
            warnings=("the tiny family does not know: 'zeppelin'",),
        )
    )
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines[0] == "The [bold] boat  1280x720, 16 frames a second"
    assert any(line.startswith("=  a.one") and line.endswith("in the store") for line in lines)
    assert any(line.startswith("+  a.two") and "1 of 2" in line and "prompt changed [sic]" in line for line in lines)
    assert "warning: the tiny family does not know: 'zeppelin'" in text
    assert (
        "Plan: 1 take to render, 2 in the store; a film of 4.0 s; about 1 min 15 s with one worker "
        "(start 14 s, rendering 55 s, edit 6.0 s, a rough guess)"
    ) in " ".join(text.split())
    assert "longest way: a.one → a.two" in text


def test_from_where_a_shot_goes_on_is_said_where_a_transition_leads_into_it() -> None:
    one, two = shot("a.one", take(clip("1"))), shot("a.two", take(clip("2")))
    dissolved = replace(two, depends_on=("a.one",), transition=Transition("dissolve", 0.5), overlap=8)
    moment = one.num_frames / one.fps - 0.5
    said = f"a.two goes on from a.one after {moment:.2f} s of it, where its dissolve begins"
    assert said in printed(plan(one, dissolved))
    assert "goes on from" not in printed(plan(one, replace(dissolved, transition=Transition("cut"), overlap=0)))
    assert "goes on from" not in printed(plan(one, replace(dissolved, depends_on=())))


def test_what_a_shot_takes_over_is_said_where_it_is_not_the_last_frame() -> None:
    def said(hand_off: HandOff) -> str:
        two = shot("a.two", take(changed(clip("2"), variant="vace-fun-a14b", hand_off=hand_off)))
        return printed(plan(shot("a.one", take(clip("1"))), replace(two, depends_on=("a.one",))))

    overlaps = "a.two begins with the last 9 frames of a.one, so that motion goes on, too"
    assert overlaps in said(HandOff((("1",),), "frames", count=9))
    looks = "a.two is shown a frame of a.one, so that things look the same, and starts anew"
    assert looks in said(HandOff((("1",),), "reference"))
    assert "a.two" in said(HandOff((("1",),)))
    assert "of a.one" not in said(HandOff((("1",),)))


def test_nothing_to_do_is_said_plainly() -> None:
    text = printed(plan(shot("a.one", take(clip("1", "cached"), why="in the store"))))
    assert "nothing to render, 1 take in the store" in text


def test_a_long_plan_shows_only_what_is_new() -> None:
    cached = [shot(f"a.s{number}", take(clip(f"c{number}", "cached"))) for number in range(500)]
    text = printed(plan(*cached, shot("b.changed", take(clip("n")))))
    assert "b.changed" in text
    assert "a.s17" not in text
    assert "and 500 shots more" in text
    new = [replace(each, takes=(take(clip(each.id)),)) for each in cached]
    assert len(printed(plan(*new)).splitlines()) < MOST_ROWS + 10


def test_a_long_chain_leaves_out_its_middle() -> None:
    assert chain(["a", "b"]) == "a → b"
    assert chain([str(number) for number in range(20)]) == "0 → 1 → 2 → 3 → (12 more) → 16 → 17 → 18 → 19"


def test_warnings_are_whole_lines_where_nobody_looks_on() -> None:
    warning = "the prompt is rendered as it is written: " + "http://127.0.0.1:9/v1 did not answer " * 6
    assert f"warning: {warning.strip()}\n" in printed(plan(shot("a.one", take(clip("1"))), warnings=(warning.strip(),)))


def test_a_shot_with_the_takes_of_an_earlier_one_costs_nothing_and_says_so() -> None:
    text = printed(
        plan(shot("a.one", take(clip("1"))), shot("a.two", take(clip("2"))), shot("b.again", take(clip("1"))))
    )
    (again,) = [line.rstrip() for line in text.splitlines() if "b.again" in line]
    assert again.startswith("=")
    assert again.endswith("the same as a.one")
    assert "0.0 s" not in again
    assert text.count("the same as") == 1
