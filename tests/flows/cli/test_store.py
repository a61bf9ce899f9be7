"""`wanflow store`, and what other commands say of a bucket that cannot be used, before anything is begun."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flows.addresses import BucketAddress
from flows.cli.main import wanflow as group
from flows.errors import EnvironmentProblem, FlowsError
from flows.ledger import append_rows, read_history
from flows.ledger.history import ledger_files
from flows.store import Store, open_store
from flows.store.layout import LEDGER
from tests.flows.buckets import ACCESS, BUCKET, CREDENTIALS, SECRET, BucketServer, serving
from tests.flows.ledger.test_history import ROW

STORYBOARD = "storyboard: 1\ntitle: A test\nscenes:\n  - shots:\n      - prompt: a white boat moves left to right\n"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    with serving("localbucket", tmp_path_factory.mktemp("localbucket") / "data") as server:
        yield server


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    Path("film.yaml").write_text(STORYBOARD)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, bucket: BucketServer, tmp_path: Path) -> Store:
    address = BucketAddress(bucket=BUCKET, prefix=tmp_path.name, endpoint=bucket.url)
    return open_store(str(tmp_path / "store" if request.param == "folder" else address))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, arguments)


def at(store: Store) -> str:
    return f"store.address='{store.address}'"


def written(store: Store, number: int) -> None:
    for take in range(1, number + 1):
        append_rows(store, [replace(ROW, take=take)])


def test_status_says_how_much_there_is(store: Store) -> None:
    store.put_bytes(b"frames")
    written(store, 2)
    said = run("store", "status", at(store))
    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        store.address,
        "    0 finished clips",
        "    1 blob, 6 B",
        "    2 files of the ledger",
    ]
    document = json.loads(run("store", "status", at(store), "--json").stdout)
    assert (document["clips"], document["blobs"], document["bytes"], document["ledger_files"]) == (0, 1, 6, 2)


def test_many_files_of_the_ledger_become_one(store: Store) -> None:
    written(store, 5)
    store.put_note(f"{LEDGER}/20260101T000000Z-{'0' * 16}.parquet", b"junk")
    before = read_history(store)
    said = run("store", "compact", at(store))
    assert (said.exit_code, said.stdout) == (0, "5 files of the ledger, 5 rows: one file now\n")
    assert "cannot be read" in said.stderr
    assert ledger_files(store) == 2, "what cannot be read stays"
    assert read_history(store) == before
    assert run("store", "compact", at(store)).stdout == "1 file of the ledger, 5 rows: nothing to do\n"


COMMANDS: Sequence[tuple[str, ...]] = (
    ("plan", "film.yaml"),
    ("render", "film.yaml"),
    ("history",),
    ("store", "status"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_server_that_is_not_there_is_found_before_anything_is_begun(command: tuple[str, ...], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    tried = run(*command, "store=s3", f"store.bucket={BUCKET}", f"store.endpoint={endpoint}")
    assert isinstance(tried.exception, EnvironmentProblem)
    assert tried.exception.exit_code == 2
    assert f"nothing answers at {endpoint}" in str(tried.exception)
    assert not (tmp_path / "outputs").exists()


def test_the_doctor_looks_at_the_bucket(bucket: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = ("store=s3", f"store.endpoint={bucket.url}", f"store.prefix={tmp_path.name}", "--json")

    def looked(*more: str) -> dict[str, str]:
        document = json.loads(run("doctor", *named, *more).stdout)
        (found,) = [finding for finding in document["findings"] if finding["name"] == "store"]
        return dict(found)

    good = looked(f"store.bucket={BUCKET}")
    assert (good["state"], "can be written to" in good["found"]) == ("good", True)
    assert not list(bucket.client.list_objects(BUCKET, prefix=tmp_path.name, recursive=True)), "it leaves nothing"
    missing = looked("store.bucket=no-such")
    assert (missing["state"], "there is no bucket no-such" in missing["found"]) == ("bad", True)
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    assert "no credentials for" in looked(f"store.bucket={BUCKET}")["found"]


def test_credentials_are_in_no_plan_and_no_configuration(bucket: BucketServer) -> None:
    named = ("store=s3", f"store.bucket={BUCKET}", f"store.endpoint={bucket.url}")
    for command in (
        ("plan", "film.yaml", "--json"),
        ("doctor", "--config"),
        ("history", "--json"),
        ("store", "status"),
    ):
        said = run(*command, *named)
        assert said.exception is None or not isinstance(said.exception, FlowsError), command
        for secret in (ACCESS, SECRET):
            assert secret not in said.output
