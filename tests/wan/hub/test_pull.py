"""A pull ends with the whole model under its name, or with nothing there and a way to go on."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from tests.wan.hub.conftest import PACE, PULLED, Told
from tests.wan.hub.fake_hub import COMMIT, FakeHub
from wan.errors import HubError, HubRefusal
from wan.hub.offline import find_offline
from wan.hub.pull import Source, pull
from wan.hub.transfer import PART_BYTES
from wan.hub.verify import verify
from wan.system.digests import remembered_digest
from wan.variants.published import Model
from wan.weights.places import models_home, pulled

LARGE = "model-00001-of-00002.safetensors"


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("dialect", ["huggingface", "modelscope"])
def test_the_files_that_matter_arrive_whole_under_the_models_name(
    dialect: str, hub: FakeHub, model: Model, told: Told
) -> None:
    here = pull(model, told, source=Source(hub=dialect, endpoint=hub.address), pace=PACE)
    assert files_in(here.folder) == sorted([*PULLED, "wanflow.json"])
    for path in PULLED:
        assert (here.folder / path).read_bytes() == hub.files[path]
    assert pulled("some-model") == here.folder
    assert files_in(here.folder.parent) == sorted(
        [".some-model.lock", *(f"some-model/{p}" for p in files_in(here.folder))]
    )
    assert here.manifest.commit == COMMIT
    assert told.total == told.fetched == here.fetched == here.manifest.size
    assert sorted(told.done) == PULLED
    assert not verify(here.folder).faults


def test_of_a_pull_that_got_no_answer_nothing_stays(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.busy, hub.busy_status = 100, 503
    with pytest.raises(HubError, match="Nothing had arrived before"):
        pull(model, told, source=source, pace=PACE)
    assert [path.name for path in models_home().iterdir()] == [".some-model.lock"]


def test_what_is_here_already_is_left_alone_without_the_network(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    pull(model, told, source=source, pace=PACE)
    asked = len(hub.asked)
    again = pull(model, told, source=source, pace=PACE)
    assert again.fetched == 0
    assert len(hub.asked) == asked
    assert find_offline(model) == (again.folder, again.manifest)


def test_digests_need_not_be_read_again_by_a_plan(
    hub: FakeHub, model: Model, told: Told, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wan.system.digests.FRESH_NS", 0)
    here = pull(model, told, source=source, pace=PACE)
    for path, file in here.manifest.files.items():
        assert remembered_digest(here.folder / path) == file.sha256


def test_a_network_that_stays_away_keeps_what_arrived_and_the_next_pull_goes_on(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    hub.cut_after, hub.cuts = 40_000, 6
    hub.seconds_a_chunk = 0.002
    with pytest.raises(HubError, match=r"one try.*kept; run the same command again to go on"):
        pull(model, told, source=source, pace=replace(PACE, attempts=1))
    assert pulled("some-model") is None
    hub.cuts = 0
    later = Told()
    here = pull(model, later, source=source, pace=PACE)
    assert later.here == told.fetched > 0
    assert later.here + later.fetched == later.total
    assert not verify(here.folder).faults


def test_too_many_requests_are_waited_out(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.busy = 3
    assert pull(model, told, source=source, pace=PACE).fetched


def test_a_server_that_stays_broken_is_given_up(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.busy, hub.busy_status = 10_000, 503
    with pytest.raises(HubError, match=r"503.*4 tries"):
        pull(model, told, source=source, pace=PACE)


def test_nobody_listening_is_said_with_the_host(model: Model, told: Told, hub: FakeHub) -> None:
    nobody = FakeHub({})
    with nobody.serving():
        address = nobody.address
    with pytest.raises(HubError, match=address.removeprefix("http://")):
        pull(model, told, source=Source(endpoint=address), pace=PACE)


def test_a_file_that_changed_on_the_hub_between_two_pulls_is_begun_anew(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    hub.lies = {"config.json": b"X" * 18}  # the first pull fails, with the large file here
    with pytest.raises(HubError, match=r"config.json"):
        pull(model, told, source=source, pace=replace(PACE, connections=1))
    hub.lies, hub.commit = {}, "b" * 40
    hub.files = {**hub.files, LARGE: hub.files[LARGE][:-1] + b"!"}
    here = pull(model, told, source=source, pace=PACE)
    assert (here.folder / LARGE).read_bytes().endswith(b"!")
    assert here.manifest.commit == "b" * 40


def test_a_pull_goes_on_with_the_commit_that_it_began_with(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    hub.lies = {"config.json": b"X" * 18}
    with pytest.raises(HubError, match=r"config.json"):
        pull(model, told, source=source, pace=replace(PACE, connections=1))
    hub.lies = {}
    hub.push("b" * 40, {LARGE: hub.files[LARGE][:-1] + b"!"})
    here = pull(model, told, source=source, pace=PACE)
    assert not (here.folder / LARGE).read_bytes().endswith(b"!")
    assert (here.manifest.revision, here.manifest.commit) == ("main", COMMIT)


def test_a_broken_file_is_mended_from_the_commit_of_the_others(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    here = pull(model, told, source=source, pace=PACE)
    (here.folder / "config.json").unlink()
    hub.push("b" * 40, {"config.json": b'{"hidden_size": 9}', LARGE: hub.files[LARGE][:-1] + b"!"})
    hub.sent.clear()
    mended = pull(model, told, source=source, pace=PACE)
    assert (mended.folder / "config.json").read_bytes() == b'{"hidden_size": 8}'
    assert (set(hub.sent), mended.manifest.commit) == ({"config.json"}, COMMIT)


def test_the_commit_of_the_catalog_is_taken_unless_another_is_asked_for(
    hub: FakeHub, model: Model, told: Told, source: Source, tmp_path: Path
) -> None:
    hub.push("b" * 40, {"config.json": b'{"hidden_size": 9}'})
    pinned = replace(model, commit=COMMIT)
    here = pull(pinned, told, source=source, pace=PACE)
    assert (here.manifest.commit, (here.folder / "config.json").read_bytes()) == (COMMIT, b'{"hidden_size": 8}')
    newest = pull(pinned, told, source=replace(source, revision="main"), pace=PACE, root=tmp_path / "newest")
    assert newest.manifest.commit == "b" * 40
    with pytest.raises(HubRefusal, match=r"is the commit that wanflow knows; --revision main takes the newest"):
        pull(replace(model, commit="c" * 40), told, source=source, pace=PACE, root=tmp_path / "gone")
    elsewhere = pull(pinned, told, source=replace(source, hub="modelscope"), pace=PACE, root=tmp_path / "modelscope")
    assert elsewhere.manifest.revision == "master"


def test_a_redirect_to_another_port_does_not_take_the_token_along(model: Model, told: Told, hub: FakeHub) -> None:
    with FakeHub(hub.files).serving() as store:
        hub.elsewhere, hub.gated = store.address, True
        pull(model, told, source=Source(endpoint=hub.address, token="hf_secret"), pace=PACE)
        assert all(headers["Authorization"] == "Bearer hf_secret" for _, headers in hub.asked)
        assert store.asked
        assert all("Authorization" not in headers for _, headers in store.asked)


def test_a_token_never_goes_over_plain_http_to_another_machine() -> None:
    from wan.hub.wire import Wire

    assert Wire("http://mirror.example", "hf_secret")._token is None
    assert Wire("https://mirror.example", "hf_secret")._token == "hf_secret"
    assert "hf_secret" not in repr(Source(token="hf_secret"))


def test_a_gated_repository_is_refused_with_what_to_do(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.gated = True
    with pytest.raises(HubRefusal, match="HF_TOKEN"):
        pull(model, told, source=source, pace=PACE)


def test_a_disk_without_room_is_refused_with_numbers_before_a_byte_is_fetched(
    hub: FakeHub, model: Model, told: Told, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HubRefusal, match=r"needs 0\.0 GB more .* GB are left free"):
        pull(model, told, source=source, pace=replace(PACE, margin=10**18))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6 - 1000, 1000))
    with pytest.raises(HubRefusal, match="make room"):
        pull(model, told, source=source, pace=PACE)
    assert not hub.sent[LARGE]


def test_a_size_larger_than_the_disk_is_refused(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.sizes = {LARGE: 10**14}
    with pytest.raises(HubRefusal, match=r"needs 100,000\.0 GB more"):
        pull(model, told, source=source, pace=replace(PACE, part_bytes=PART_BYTES))


def test_a_disk_that_fills_up_on_the_way_keeps_what_arrived(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    write, written = os.pwrite, 0

    def full(file: int, data: bytes, at: int) -> int:
        nonlocal written
        written += len(data)
        if written > 200_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data, at)

    with pytest.MonkeyPatch.context() as disk:
        disk.setattr(os, "pwrite", full)
        with pytest.raises(HubRefusal, match=r"is full; what arrived is kept"):
            pull(model, told, source=source, pace=PACE)
    later = Told()
    assert not verify(pull(model, later, source=source, pace=PACE).folder).faults
    assert later.here == told.fetched > 100_000


def test_whole_models_on_a_disk_that_cannot_be_written_are_used(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    here = pull(model, told, source=source, pace=PACE)
    (here.folder.parent / ".some-model.lock").unlink()
    (here.folder.parent / ".some-model.lock").mkdir()  # even root cannot open it
    assert pull(model, told, source=source, pace=PACE).folder == here.folder


def test_a_root_that_cannot_be_made_is_refused(
    tmp_path: Path, hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HubRefusal, match="cannot be written"):
        pull(model, told, source=source, root=tmp_path / "file" / "models", pace=PACE)


def test_a_broken_folder_is_mended_by_fetching_only_what_is_broken(
    hub: FakeHub, model: Model, told: Told, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wan.system.digests.FRESH_NS", 0)
    here = pull(model, told, source=source, pace=PACE)
    weights = here.folder / LARGE
    weights.write_bytes(bytes(weights.stat().st_size))
    (here.folder / "config.json").unlink()
    faults = verify(here.folder).faults
    assert sorted(fault.path for fault in faults) == ["config.json", LARGE]
    hub.sent.clear()
    mended = pull(model, told, source=source, pace=PACE)
    assert set(hub.sent) == {"config.json", LARGE}
    assert mended.fetched == 18 + len(hub.files[LARGE])
    assert not verify(here.folder).faults


def test_a_kill_while_a_broken_folder_is_opened_again_leaves_it_mendable(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    here = pull(model, told, source=source, pace=PACE)
    (here.folder / "wanflow.json").unlink()
    (here.folder / ".wanflow-pull.json").write_text(json.dumps({"files": {}}))
    assert not verify(pull(model, told, source=source, pace=PACE).folder).faults


def test_somebody_elses_folder_is_not_touched(
    tmp_path: Path, hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    (tmp_path / "some-model").mkdir()
    (tmp_path / "some-model" / "mine.txt").write_text("mine")
    with pytest.raises(HubRefusal, match="was not pulled by wanflow"):
        pull(model, told, source=source, root=tmp_path, pace=PACE)
    assert (tmp_path / "some-model" / "mine.txt").read_text() == "mine"


def test_another_revision_than_the_one_here_is_not_taken_for_it(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    pull(model, told, source=source, pace=PACE)
    assert pull(model, told, source=replace(source, revision=COMMIT), pace=PACE).fetched == 0
    with pytest.raises(HubRefusal, match="is at revision main"):
        pull(model, told, source=replace(source, revision="v2"), pace=PACE)


def test_weights_that_are_no_safetensors_get_no_name(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.files["vae/diffusion_pytorch_model.safetensors"] = b"<html>please log in</html>"
    with pytest.raises(HubError, match=r"vae/.* safetensors"):
        pull(model, told, source=source, pace=PACE)
    assert pulled("some-model") is None


def test_a_shard_that_the_hub_lacks_is_said(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    del hub.files["model-00002-of-00002.safetensors"]
    with pytest.raises(HubError, match=r"of which these are missing: model-00002-of-00002\.safetensors"):
        pull(model, told, source=source, pace=PACE)
