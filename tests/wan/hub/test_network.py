"""Mirrors, proxies, tokens, and disks that are full or another's: what people have between them and a hub."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.wan.hub.conftest import PACE, PULLED, Told
from tests.wan.hub.fake_hub import FakeHub
from wan.errors import CheckpointError, HubRefusal
from wan.hub.manifest import read_manifest
from wan.hub.pull import Source, pull
from wan.hub.verify import verify
from wan.variants.published import Model
from wan.weights.places import pulled

REPOSITORY = Path(__file__).parents[3]
NOBODY = "65534"

PULL = """
import os, sys
from tests.wan.hub.conftest import PACE, Told
from wan.errors import HubRefusal
from wan.variants.published import Model
from wan.hub.pull import Source, pull
from pathlib import Path
repo = "somebody/some-model"
model = Model(name="some-model", purpose="", size=1, layout="transformers", huggingface=repo, modelscope=None)
if sys.argv[3]:
    os.setuid(int(sys.argv[3]))
try:
    print(pull(model, Told(), source=Source(endpoint=sys.argv[1]), root=Path(sys.argv[2]), pace=PACE).folder)
except HubRefusal as error:
    print(error)
"""


def pull_elsewhere(hub: FakeHub, root: Path, *, user: str = "", limit: Callable[[], None] | None = None) -> str:
    """What a pull by a process of its own says."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "XDG_CACHE_HOME": str(root), "HOME": str(root)}
    command = [sys.executable, "-c", PULL, hub.address, str(root), user]
    done = subprocess.run(
        command, env=environment, cwd="/", capture_output=True, text=True, check=False, preexec_fn=limit
    )
    assert not done.stderr, done.stderr
    return done.stdout


def test_a_mirror_that_sends_to_another_host_keeps_the_token_to_itself(model: Model, told: Told, hub: FakeHub) -> None:
    with FakeHub(hub.files).serving() as store:
        hub.elsewhere = store.address.replace("127.0.0.1", "localhost")
        here = pull(model, told, source=Source(endpoint=hub.address, token="hf_secret"), pace=PACE)
        assert sorted(here.manifest.files) == PULLED
        assert all(headers["Authorization"] == "Bearer hf_secret" for _, headers in hub.asked)
        assert all("localhost" in headers["Host"] and "Authorization" not in headers for _, headers in store.asked)
        assert not any("hf_secret" in f"{url}{headers}" for url, headers in store.asked)


def test_proxies_of_the_environment_are_used(
    model: Model, told: Told, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a proxy can answer for a host that there is not."""
    monkeypatch.setenv("http_proxy", hub.address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    source = Source(endpoint="http://hub.invalid", token="hf_secret")
    assert not verify(pull(model, told, source=source, pace=PACE).folder).faults
    assert all(url.startswith("http://hub.invalid/") for url, _ in hub.asked)
    assert all("Authorization" not in headers for _, headers in hub.asked)  # plain http shows it to everybody


def test_hosts_that_need_no_proxy_are_asked_directly(
    model: Model, told: Told, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert pull(model, told, source=Source(endpoint=hub.address), pace=PACE).fetched


@pytest.mark.parametrize(
    ("status", "code", "token", "told_so"),
    [
        (401, "GatedRepo", None, r"log in \(hf auth login\) or set HF_TOKEN"),
        (403, "GatedRepo", "hf_secret", "The token that was sent does not open it: accept the repository's terms"),
        (401, "", "hf_old", "The token that was sent does not open it"),
        (401, "RepoNotFound", None, r"there is no such repository.* not logged in.* log in \(hf auth login\)"),
        (401, "RepoNotFound", "hf_secret", "there is no such repository, revision or file$"),
    ],
)
def test_a_closed_door_is_said_with_the_way_in(
    status: int, code: str, token: str | None, told_so: str, hub: FakeHub, model: Model, told: Told
) -> None:
    hub.busy, hub.busy_status, hub.error_code = 10, status, code
    with pytest.raises(HubRefusal, match=told_so) as error:
        pull(model, told, source=Source(endpoint=hub.address, token=token), pace=PACE)
    assert "hf_" not in str(error.value).replace("hf_hub", "")
    assert len(hub.asked) == 1  # trying again would not help


class Eager(Told):
    """Fills the disk as soon as the pull has looked at it."""

    def __init__(self, filler: Path) -> None:
        super().__init__()
        self._filler = filler

    def begin(self, model: Model, total: int, here: int) -> None:
        super().begin(model, total, here)
        self._filler.write_bytes(bytes(600 * 1024))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 960 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=960k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_somebody_else_fills_meanwhile(
    hub: FakeHub, model: Model, source: Source, small_disk: Path
) -> None:
    filler, told = small_disk / "filler", Eager(small_disk / "filler")
    with pytest.raises(HubRefusal, match=r"disk of .* is full; what arrived is kept: make room"):
        pull(model, told, source=source, root=small_disk, pace=PACE)
    assert pulled("some-model", small_disk) is None
    filler.unlink()
    later = Told()
    assert not verify(pull(model, later, source=source, root=small_disk, pace=PACE).folder).faults
    assert later.here > 0
    assert later.here + later.fetched == later.total


def test_a_place_for_small_files_only(hub: FakeHub, tmp_path: Path) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    told = pull_elsewhere(hub, tmp_path, limit=limit)
    assert "takes no files as large as these; choose another place: --root" in told
    assert not (tmp_path / "some-model").exists()


def test_a_folder_of_somebody_else(hub: FakeHub, tmp_path: Path) -> None:
    """Root may write everywhere, so it is nobody who asks."""
    root = tmp_path / "theirs"
    root.mkdir(mode=0o755)
    for parent in [tmp_path, *tmp_path.parents]:
        if os.getuid() == 0 and parent.is_relative_to(Path(tempfile.gettempdir()) / "pytest-of-root"):
            parent.chmod(parent.stat().st_mode | 0o055)
    if os.getuid() != 0:
        root.chmod(0o555)
    told = pull_elsewhere(hub, root, user=NOBODY if os.getuid() == 0 else "")
    assert f"{root} cannot be written (Permission denied); choose another place: --root" in told
    assert not any(root.iterdir())


def test_a_model_that_somebody_keeps_to_themselves(
    hub: FakeHub, model: Model, told: Told, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pull(model, told, source=source, pace=PACE).folder

    def closed(self: Path, *_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_text", closed)
    with pytest.raises(CheckpointError, match="cannot be read: it belongs to somebody who keeps it to themselves"):
        read_manifest(folder)


def test_a_mirror_gets_the_commit_that_the_catalog_names(
    model: Model, told: Told, hub: FakeHub, tmp_path: Path
) -> None:
    commit = hub.commit
    hub.push("b" * 40, {})
    pull(replace(model, commit=commit), told, source=Source(endpoint=hub.address), pace=PACE, root=tmp_path)
    assert hub.asked[0][0].endswith(f"/revision/{commit}")
    assert all(f"/{commit}" in url for url, _ in hub.asked)
    shutil.rmtree(tmp_path / "some-model")
