"""`wanflow models` as a person runs it, against a hub on this machine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from flows.cli.events import EVENTS
from flows.cli.forms import FORMS
from tests.flows.cli.conforming import faults
from tests.flows.cli.conftest import REPOSITORY
from tests.wan.hub.conftest import model_files
from tests.wan.hub.fake_hub import FakeHub
from wan.hub.catalog import CATALOG

Wanflow = Callable[..., subprocess.CompletedProcess[str]]
NAME = "sam2-hiera-large"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    fake = FakeHub(model_files())
    fake.repo, fake.commit = CATALOG[NAME].huggingface, CATALOG[NAME].commit or ""
    with fake.serving():
        yield fake


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Where the `wanflow` fixture has its pulled models."""
    return tmp_path / "data" / "wanflow" / "models"


@pytest.fixture
def begun(tmp_path: Path, hub: FakeHub, models: Path) -> Callable[[], subprocess.Popen[str]]:
    """Begins a pull in a process of its own, and waits until part of the large file is noted as here."""
    journal = models / f"{NAME}.partial" / ".wanflow-pull.json"

    def begin() -> subprocess.Popen[str]:
        hub.seconds_a_chunk = 0.15
        homes = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("DATA", "CACHE", "STATE")}
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "models", "pull", NAME, "--events"],
            env={**os.environ, **homes, "PYTHONPATH": str(REPOSITORY), "HF_ENDPOINT": hub.address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.05)
            if journal.is_file() and sum(map(sum, _parts(journal))) > 60_000:
                return process
            assert process.poll() is None, process.stderr
        raise AssertionError("no part arrived in a minute")

    return begin


def _parts(journal: Path) -> list[list[int]]:
    return [row["parts"] for row in json.loads(journal.read_text())["files"].values()]


def _end(process: subprocess.Popen[str], how: signal.Signals) -> tuple[str, str]:
    os.kill(process.pid, how)
    return process.communicate(timeout=60)


def test_models_alone_lists_the_catalog(wanflow: Wanflow) -> None:
    told = wanflow("models")
    assert told.returncode == 0, told.stderr
    for name, model in CATALOG.items():
        assert name in told.stdout
        assert model.licence in told.stdout
    assert "wanflow models pull NAME" in told.stdout


def test_the_list_as_json_says_what_is_here(wanflow: Wanflow, hub: FakeHub, models: Path) -> None:
    done = wanflow("models", "pull", NAME, "--mirror", hub.address)
    assert done.returncode == 0, done.stderr
    assert str(models / NAME) in done.stdout
    rows = {row["name"]: row for row in json.loads(wanflow("models", "list", "--json").stdout)["models"]}
    assert rows[NAME]["pulled"] == str(models / NAME)
    assert rows["t2v-a14b"]["pulled"] is None
    assert rows["t2v-a14b"]["about_bytes"] == 126_000_000_000


def test_a_pull_tells_programs_line_by_line(wanflow: Wanflow, hub: FakeHub, models: Path) -> None:
    done = wanflow("models", "pull", NAME, "--events", HF_ENDPOINT=hub.address)
    *events, document = [json.loads(line) for line in done.stdout.splitlines()]
    assert [fault for line in events for fault in faults(line, EVENTS[f"models pull: {line['event']}"])] == []
    assert events[0]["event"] == "begin"
    fetched = {"model": NAME, "folder": str(models / NAME), "fetched": events[0]["bytes"]}
    assert events[-1] == {"event": "done", **fetched}
    assert sum(line["event"] == "file" for line in events) == 6
    assert list(faults(document, FORMS["models pull"])) == []
    assert document["models"] == [fetched]


def test_a_pull_is_one_document_for_programs_that_wait(wanflow: Wanflow, hub: FakeHub, models: Path) -> None:
    done = wanflow("models", "pull", NAME, "--json", HF_ENDPOINT=hub.address)
    document = json.loads(done.stdout)
    assert list(faults(document, FORMS["models pull"])) == []
    assert [each["folder"] for each in document["models"]] == [str(models / NAME)]
    offline = json.loads(wanflow("models", "pull", NAME, "--offline", "--json").stdout)
    assert [each["fetched"] for each in offline["models"]] == [0]
    broken = wanflow("models", "pull", "t2v-a14b", "--offline", "--json")
    assert (broken.returncode, json.loads(broken.stdout)["problems"][0]["code"]) == (2, "hub-refusal")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_pull_that_is_ended_goes_on_where_it_was(
    how: signal.Signals, wanflow: Wanflow, hub: FakeHub, models: Path, begun: Callable[[], subprocess.Popen[str]]
) -> None:
    process = begun()
    _, said = _end(process, how)
    assert not (models / NAME).exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "the same command goes on from there" in said
    hub.seconds_a_chunk = 0.0
    hub.asked.clear()
    done = wanflow("models", "pull", NAME, "--events", HF_ENDPOINT=hub.address)
    begin = json.loads(done.stdout.splitlines()[0])
    assert done.returncode == 0, done.stderr
    assert begin["here"] > 60_000
    assert _bytes_asked_for(hub) == begin["bytes"] - begin["here"]
    assert wanflow("models", "verify", NAME).returncode == 0


def test_two_pulls_of_one_model_do_not_meet(
    wanflow: Wanflow, hub: FakeHub, begun: Callable[[], subprocess.Popen[str]]
) -> None:
    process = begun()
    second = wanflow("models", "pull", NAME, HF_ENDPOINT=hub.address)
    assert second.returncode == 2
    assert f"process {process.pid} pulls {NAME} already" in second.stderr
    hub.seconds_a_chunk = 0.0
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_broken_model_is_found_and_the_way_to_mend_it_works(wanflow: Wanflow, hub: FakeHub, models: Path) -> None:
    wanflow("models", "pull", NAME, "--mirror", hub.address)
    weights = models / NAME / "model-00002-of-00002.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    found = wanflow("models", "verify", NAME)
    assert found.returncode == 1
    assert "model-00002-of-00002.safetensors: was changed: its sha256 is" in found.stdout
    assert f"wanflow models pull {NAME}" in found.stdout
    told = json.loads(wanflow("models", "verify", str(models / NAME), "--json").stdout)
    assert [fault["path"] for fault in told["folders"][0]["faults"]] == ["model-00002-of-00002.safetensors"]
    hub.sent.clear()
    assert wanflow("models", "pull", NAME, "--mirror", hub.address).returncode == 0
    assert set(hub.sent) == {"model-00002-of-00002.safetensors"}
    whole = wanflow("models", "verify", NAME)
    assert whole.returncode == 0
    assert "whole; 6 files" in whole.stdout


def test_a_broken_model_that_was_converted_is_not_mended_from_a_hub(
    wanflow: Wanflow, hub: FakeHub, models: Path
) -> None:
    wanflow("models", "pull", NAME, "--mirror", hub.address)
    manifest = models / NAME / "wanflow.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"hub": "converted", "repo": "/mine"}))
    (models / NAME / "config.json").unlink()
    assert "convert /mine again" in wanflow("models", "verify", NAME).stdout
    refused = wanflow("models", "pull", NAME, "--mirror", hub.address)
    assert refused.returncode == 2
    assert "was converted from /mine and is broken" in refused.stderr


def test_offline_uses_what_is_here(wanflow: Wanflow, hub: FakeHub, models: Path) -> None:
    missing = wanflow("models", "pull", NAME, "--offline")
    assert missing.returncode == 2
    assert "offline nothing is fetched" in missing.stderr
    wanflow("models", "pull", NAME, "--mirror", hub.address)
    asked = len(hub.asked)
    here = wanflow("models", "pull", NAME, "--offline")
    assert here.returncode == 0
    assert str(models / NAME) in here.stdout
    assert len(hub.asked) == asked


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pull", "t2v"], "did you mean t2v-a14b?"),
        (["pull", "wholly-unknown"], "wanflow models list"),
        (["pull"], "Missing argument"),
        (
            ["pull", "wan22-lightning"],
            "is a family (model=wan22-lightning); name those of its models that you need: t2v",
        ),
        (["pull", "tiny"], "ships with wanflow"),
        (["pull", NAME, "--hub", "modelscope"], "not known on modelscope"),
        (["pull", NAME, "--mirror", "nowhere"], "no address of a hub"),
        (["pull", NAME, "--root", "/proc/models"], "cannot be written"),
        (["verify", NAME], f"wanflow models pull {NAME}"),
        (["verify", "/no/such/folder"], "is no folder"),
        (["info", "/no/such/file.safetensors"], "there is no such file or folder"),
        (["info", "t2v-a14"], "did you mean t2v-a14b?"),
        (["pul"], "did you mean pull?"),
    ],
)
def test_mistakes_are_answered_with_the_fix(wanflow: Wanflow, arguments: list[str], told: str) -> None:
    done = wanflow("models", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_is_in_no_message(wanflow: Wanflow, hub: FakeHub, tmp_path: Path) -> None:
    hub.files = {}
    done = wanflow("--debug", "models", "pull", NAME, HF_ENDPOINT=hub.address, HF_TOKEN="hf_secret")
    assert done.returncode == 2
    assert any(headers.get("Authorization") == "Bearer hf_secret" for _, headers in hub.asked)
    assert "hf_secret" not in done.stdout + done.stderr
    assert not any("hf_secret" in path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file())


def test_info_says_what_weights_are(wanflow: Wanflow, hub: FakeHub) -> None:
    from wan.families import TINY_CHECKPOINTS

    folder = wanflow("models", "info", str(TINY_CHECKPOINTS / "t2v-a14b"))
    assert "diffusers; t2v-a14b" in folder.stdout
    assert "WanTransformer3DModel" in folder.stdout
    assert "F16" in folder.stdout
    not_here = wanflow("models", "info", NAME)
    assert f"no; wanflow models pull {NAME}" in not_here.stdout
    wanflow("models", "pull", NAME, "--mirror", hub.address)
    here = json.loads(wanflow("models", "info", NAME, "--json").stdout)["weights"]
    assert here["repo"] == CATALOG[NAME].huggingface
    assert here["parameters"] == 450 * 1024
    assert json.loads(wanflow("models", "info", "t2v-a14b", "--json").stdout)["model"]["about_bytes"] == 126_000_000_000
    assert "lightning-t2v: not here; wanflow models pull" in wanflow("models", "info", "wan22-lightning").stdout
    assert "renders   256x144" in wanflow("models", "info", "tiny").stdout


def test_a_pickle_is_not_described(wanflow: Wanflow, tmp_path: Path) -> None:
    (tmp_path / "evil.pth").write_bytes(b"\x80\x04")
    done = wanflow("models", "info", str(tmp_path / "evil.pth"))
    assert done.returncode == 2
    assert "is pickled; info reads only safetensors" in done.stderr


@pytest.mark.parametrize("arguments", [["models"], ["models", "pull", "--help"], ["models", "info", "t2v-a14b"]])
def test_models_imports_no_torch(tmp_path: Path, arguments: list[str]) -> None:
    script = (
        "import sys\nfrom flows.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n"
        "    assert end.code == 0\n"
        "print('LOADED', *sorted({'torch', 'ray', 'prefect', 'diffusers'} & set(sys.modules)))"
    )
    home = {"XDG_DATA_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "LOADED", done.stdout + done.stderr


def test_the_shipped_family_verifies(wanflow: Wanflow) -> None:
    done = wanflow("models", "verify", "tiny")
    assert (done.returncode, done.stdout.count("headers, shards and layout are right")) == (0, 6), done.stderr
    told = json.loads(wanflow("models", "verify", "tiny", "--json").stdout)
    assert [row["whole"] for row in told["folders"]] == [True] * 6
    folder = str(REPOSITORY / "wan/tiny/checkpoints/s2v-14b")
    assert wanflow("models", "verify", folder).returncode == 0


def _bytes_asked_for(hub: FakeHub) -> int:
    """What of its files a hub was asked for, in parts or whole."""
    total = 0
    for url, headers in hub.asked:
        _, mark, path = unquote(url).partition(f"/resolve/{hub.commit}/")
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("Range", ""))
        total += int(span[2]) + 1 - int(span[1]) if span else len(hub.files[path]) if mark else 0
    return total
