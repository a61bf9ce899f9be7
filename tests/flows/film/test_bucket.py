"""A film whose store is a bucket, made by workers in processes of their own, is the film of a folder."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from flows.addresses import BucketAddress
from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.film.survey import survey
from flows.ledger import read_history
from flows.runs.server import Server
from flows.store import open_store
from flows.store.layout import blob_key, record_key
from tests.flows.buckets import ACCESS, BUCKET, CREDENTIALS, SECRET, BucketServer, serving
from tests.flows.film import filming
from tests.flows.film.filming import film_in, plan_in

pytestmark = pytest.mark.slow
Film = Callable[[], dict[str, Any]]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    with serving("moto", tmp_path_factory.mktemp("moto") / "data") as server:
        yield server


@pytest.fixture
def address(bucket: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return str(BucketAddress(bucket=BUCKET, prefix=tmp_path.name, endpoint=bucket.url))


@pytest.fixture
def film(server: Server, address: str, child_environment: dict[str, str], tmp_path: Path) -> Film:
    """Make it in a process of its own, with a Ray of its own: workers find the bucket by its address alone."""
    environment = {**child_environment, **CREDENTIALS, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def make() -> dict[str, Any]:
        command = [sys.executable, filming.__file__, str(tmp_path / "bucket"), "--store", address]
        (tmp_path / "bucket").mkdir(exist_ok=True)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]))

    return make


def frames_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


def test_a_film_of_a_bucket_is_the_film_of_a_folder(
    film: Film, address: str, bucket: BucketServer, server: Server, ray_here: RaySession, tmp_path: Path
) -> None:
    made = film()
    assert made["rendered"] == 3
    (tmp_path / "folder").mkdir()
    other = film_in(tmp_path / "folder", RendererSpec("stub", {"seconds": 0.0}))
    assert other.path is not None
    assert frames_of(Path(made["path"])) == frames_of(other.path)

    store, plan = open_store(address), plan_in(tmp_path / "bucket", store=address)
    assert len(read_history(store)) == 3
    assert not survey(store, plan.clips).missing

    client, names = bucket.client, [clip.fingerprint for clip in plan.clips]
    lost = store.record(names[2])
    assert lost is not None
    client.put_object(BUCKET, f"{tmp_path.name}/{record_key(names[0])}", io.BytesIO(b"{"), 1)
    client.remove_object(BUCKET, f"{tmp_path.name}/{blob_key(lost.video)}")
    shutil.rmtree(tmp_path / "cache")
    left = survey(open_store(address), plan.clips)
    assert {clip.fingerprint for clip in left.missing} == {names[0], names[2]}

    keys = [str(one.object_name) for one in client.list_objects(BUCKET, recursive=True)]
    kept = [client.get_object(BUCKET, key).read() for key in keys if "/blobs/" not in key]
    written = [path.read_bytes() for path in (tmp_path / "bucket").rglob("*") if path.is_file()]
    assert len(kept) > 3, "records, the ledger, what clips took"
    for secret in (ACCESS, SECRET):
        assert not any(secret.encode() in data for data in [*kept, *written])


def test_two_machines_that_share_a_bucket_alone_render_each_clip_once(
    address: str, child_environment: dict[str, str], tmp_path: Path
) -> None:
    """A Ray and a cache of its own each: no lock and no keeper is common to them."""
    running = []
    for machine in ("one", "two"):
        folder = tmp_path / machine
        folder.mkdir()
        environment = {**child_environment, **CREDENTIALS, "XDG_CACHE_HOME": str(folder / "cache")}
        told = ["--cluster", json.dumps({"max_workers": 1})]
        command = [sys.executable, filming.__file__, str(folder), "--store", address, "--seconds", "2", *told]
        running.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    ended = [process.communicate(timeout=300)[0] for process in running]
    made = [json.loads(said.splitlines()[-1]) for said in ended]
    assert sum(film["rendered"] for film in made) == 3, made
    assert sum(film["cached"] for film in made) == 3, made
    assert open_store(address).notes("claims") == ()
