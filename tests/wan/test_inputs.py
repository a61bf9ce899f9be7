"""Which variant can use which input of a request, and what each cannot do without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wan.inputs import DRIVEN, NEEDED, USES, Use, can_use, cannot_use, needs, one_transformer, who_can
from wan.request import ClipRequest
from wan.validate import check_request
from wan.variants import VARIANTS


def test_fields_and_needs_are_those_of_requests_and_variants() -> None:
    assert set(USES) <= set(ClipRequest.__dataclass_fields__)
    assert {need for variant in VARIANTS.values() for need in variant.needs} <= set(NEEDED)
    known = {name for variant in VARIANTS.values() for name in variant.inputs}
    assert {use.asks for uses in USES.values() for use in uses} == known - {"continuity", "overlap"}


@pytest.mark.parametrize(
    ("field", "able"),
    [
        ("last_image", ["i2v-a14b"]),
        ("pose", ["s2v-14b", "animate-14b"]),
        ("face", ["animate-14b"]),
        ("mask", ["animate-14b", "vace-fun-a14b"]),
        ("references", ["vace-fun-a14b"]),
        ("camera", ["vace-fun-a14b"]),
    ],
)
def test_a_field_is_used_by_those_that_know_what_to_do_with_it(field: str, able: list[str]) -> None:
    assert [variant.name for variant in VARIANTS.values() if can_use(variant, field)] == able
    assert who_can(*USES[field]) == f"{', '.join(able)} can"


def test_the_words_name_the_variant() -> None:
    speech = VARIANTS["s2v-14b"]
    assert cannot_use(speech, "`face`") == "s2v-14b cannot use `face`"
    assert needs(speech, "audio") == "s2v-14b needs the sound of the speech"
    assert one_transformer(speech, "low-noise expert") == "s2v-14b has one transformer, and no low-noise expert"
    assert who_can(Use("smell")) == ""
    assert not DRIVEN.by(speech)


def test_an_empty_field_is_not_given(text_request: ClipRequest) -> None:
    check_request(replace(text_request, references=(), camera="", pose=None), VARIANTS["t2v-a14b"])
