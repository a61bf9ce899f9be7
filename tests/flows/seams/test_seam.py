"""Measures against their budgets, and what people are told of them."""

from __future__ import annotations

from flows.seams.seam import MOST_TOLD, Continuity, Seam, over_budget, told

GOOD = {"delta_e": 0.4, "similarity": 0.95, "jump": 1.0, "doubled": 0.0}


def join(**values: float) -> Seam:
    return Seam(kind="join", shot="river.drift", before="river.launch", at=2.0, values={**GOOD, **values})


def test_what_is_over_budget_is_named_the_worst_first() -> None:
    found = join(delta_e=2.0, jump=12.0)
    assert found.over == ("jump", "delta_e")
    assert found.worst == 4.0
    assert found.said[:2] == ("the picture jumps by 12 × the motion", "colour differs by 2 ΔE2000")
    assert "doubled" not in " ".join(found.said), "what is nothing is not said"


def test_a_new_picture_is_measured_and_not_judged() -> None:
    cut = Seam(kind="join", shot="b.c", before="a.b", judged=False, values={"jump": 90.0})
    assert cut.over == ()
    assert Continuity((cut,)).worst_first == ()


def test_joins_and_shots_have_names() -> None:
    assert join().name == "river.launch → river.drift"
    assert Seam(kind="join", shot="a.b", before="a.b", clip=3).name == "a.b, clips 2 and 3"
    assert Seam(kind="shot", shot="a.b").name == "a.b"


def test_people_are_told_the_place_the_measure_its_value_and_its_budget() -> None:
    low = join(similarity=0.5)
    assert over_budget([join(), low, join(delta_e=2.0)]) == [
        "river.launch → river.drift: structure is alike to 0.5 SSIM (similarity at least 0.8)",
        "river.launch → river.drift: colour differs by 2 ΔE2000 (delta_e at most 1.5)",
    ]


def test_of_many_the_worst_are_told_and_how_many_more_there_are() -> None:
    many = [join(delta_e=2.0 + number) for number in range(9)]
    assert len(told(many)) == MOST_TOLD + 1
    assert "delta_e at most" in told(many)[0]
    assert told(many)[-1] == "4 more measures are over budget; the report has them all"
    assert len(told(many[: MOST_TOLD + 1])) == MOST_TOLD + 1


def test_worst_comes_first_whatever_the_film_order_is() -> None:
    seams = (join(), join(delta_e=9.0), Seam(kind="shot", shot="a.b", values={"cuts": 1.0}))
    found = Continuity(seams)
    assert [seam.worst for seam in found.worst_first] == sorted((seam.worst for seam in seams), reverse=True)
    assert found.joins_of("river.drift") == seams[:2]
