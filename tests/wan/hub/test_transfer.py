"""Many connections, cut off and lied to: bytes arrive once and whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.wan.hub.conftest import PACE, PULLED, Told
from tests.wan.hub.fake_hub import FakeHub
from wan.errors import HubError
from wan.hub.catalog import Model
from wan.hub.pull import Source, pull
from wan.hub.verify import verify
from wan.weights.places import pulled

LARGE = "model-00001-of-00002.safetensors"


def test_large_files_are_fetched_in_parts_and_each_byte_once(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    pull(model, told, source=source, pace=PACE)
    assert len(hub.asked_for(LARGE)) == 5
    assert hub.sent[LARGE] == len(hub.files[LARGE])
    assert not hub.sent["pytorch_model.bin"]


def test_connections_that_break_go_on_where_they_were(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.cut_after, hub.cuts = 30_000, 9
    here = pull(model, told, source=source, pace=PACE)
    assert (here.folder / LARGE).read_bytes() == hub.files[LARGE]
    assert hub.sent[LARGE] == len(hub.files[LARGE])
    assert told.fetched == told.total


@pytest.mark.parametrize("cut", [False, True])
def test_a_server_without_ranges_sends_each_file_whole(
    cut: bool, hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    hub.ranges = False
    if cut:
        hub.cut_after, hub.cuts = 30_000, 3
    here = pull(model, told, source=source, pace=PACE)
    assert (here.folder / LARGE).read_bytes() == hub.files[LARGE]
    assert told.fetched == told.total
    assert not verify(here.folder).faults


def test_corrupted_bytes_are_fetched_once_more(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.lies, hub.lie_times = {LARGE: bytes(len(hub.files[LARGE]))}, 1
    here = pull(model, told, source=source, pace=PACE)
    assert (here.folder / LARGE).read_bytes() == hub.files[LARGE]
    assert any("fetched once more" in note for note in told.notes)
    assert told.fetched == told.total


@pytest.mark.parametrize("path", [LARGE, "config.json"])
def test_a_hub_whose_bytes_are_never_what_it_lists_gets_no_model(
    path: str, hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    hub.lies = {path: bytes(len(hub.files[path]))}
    with pytest.raises(HubError, match=rf"{path}: the digest of what arrived is .* 3 times"):
        pull(model, told, source=source, pace=PACE)
    assert pulled("some-model") is None
    assert not (Path(model.name)).exists()


def test_a_size_that_is_not_the_listed_one_is_said(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.sizes = {"config.json": 17}
    with pytest.raises(HubError, match=r"config.json: .* sends 18 bytes where the hub's listing says 17"):
        pull(model, told, source=source, pace=PACE)


def test_without_digests_a_new_etag_keeps_two_versions_apart(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    hub.digests = False
    hub.cut_after, hub.cuts = 20_000, 1
    with pytest.raises(HubError, match="one try"):
        pull(model, told, source=source, pace=replace(PACE, attempts=1, connections=1))
    old = hub.files
    hub.files = {path: data[:200] + data[200:][::-1] for path, data in old.items()}
    hub.files["config.json"] = old["config.json"]
    hub.files["model.safetensors.index.json"] = old["model.safetensors.index.json"]
    here = pull(model, told, source=source, pace=PACE)
    for path in PULLED:
        assert (here.folder / path).read_bytes() == hub.files[path]


def test_a_signed_address_that_ran_out_is_asked_for_again(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    with FakeHub(hub.files).serving() as store:
        hub.elsewhere = store.address
        store.busy, store.busy_status = 2, 403
        assert pull(model, told, source=source, pace=PACE).fetched
