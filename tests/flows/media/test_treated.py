"""What is done to files that are not plain, in words and in fingerprints."""

from __future__ import annotations

import string

from flows.media.treated import TREATED, versions


def test_fingerprints_cover_each_treatment_once_in_a_fixed_order() -> None:
    assert versions(["pq", "interlaced", "pq"]) == ("interlaced 1", "pq 1")
    assert versions(reversed(["pq", "interlaced"])) == versions(["pq", "interlaced"])
    assert versions([]) == ()


def test_whoever_is_told_of_a_treatment_is_told_what_to_do() -> None:
    assert all(bool(treatment.message) == bool(treatment.fix) for treatment in TREATED.values())


def test_messages_ask_for_nothing_but_the_size() -> None:
    fields = {name for each in TREATED.values() for _, name, _, _ in string.Formatter().parse(each.message) if name}
    assert fields == {"width", "height"}
