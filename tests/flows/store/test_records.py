"""Records as they lie in a store."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from flows.store.records import record_from_json, record_to_json
from tests.flows.records import empty_record

RECORD = replace(
    empty_record("a" * 64),
    video="c" * 64,
    scores={"quality": 0.5},
    seconds={"denoise": 3.25},
    spec={"prompt": "Kästchen"},
)


def test_a_record_comes_back_as_it_was() -> None:
    assert record_from_json(record_to_json(RECORD)) == RECORD


def test_what_is_written_can_be_read_by_people() -> None:
    assert "Kästchen" in record_to_json(RECORD).decode()


def test_a_record_of_a_later_version_is_read_without_what_is_new() -> None:
    later = json.dumps({**json.loads(record_to_json(RECORD)), "loudness": -14}).encode()
    assert record_from_json(later) == RECORD


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"fingerprint": "a"}'])
def test_what_is_damaged_is_told(data: bytes) -> None:
    with pytest.raises(ValueError):
        record_from_json(data)


def test_what_a_record_lacks_is_named() -> None:
    halved = {name: value for name, value in json.loads(record_to_json(RECORD)).items() if name not in ("video", "fps")}
    with pytest.raises(ValueError, match="lacks fps, video"):
        record_from_json(json.dumps(halved).encode())


def test_without_scores_a_record_is_worth_nothing() -> None:
    assert replace(RECORD, scores={}).quality == 0.0
    assert RECORD.quality == 0.5
