"""A batch that is sent through a bucket by the command alone, made where films are served, and written here."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flows.batch.asked import Asked
from flows.batch.manifest import read_manifest
from flows.batch.plan import plan_batch
from flows.cli.main import wanflow
from flows.runs.names import PARTLY
from flows.runs.rest import Rest
from flows.runs.server import Server
from tests.flows.batch.batches import PICTURED, picture, table
from tests.flows.runs.prerendered import prerender

pytestmark = pytest.mark.slow
ROWS = table(["sku", "product", "picture"], ["A-1", "boat", "a.png"], ["A-2", "kite", "b.png"])


def said(*arguments: str) -> Result:
    return CliRunner().invoke(wanflow, arguments, standalone_mode=False)


def document(result: Result) -> dict[str, Any]:
    assert result.exception is None or isinstance(result.exception, SystemExit), (result.exception, result.output)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_batch_is_sent_made_and_written_here(
    serving: tuple[subprocess.Popen[str], list[str]],
    bucket: Sequence[str],
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process, _ = serving
    monkeypatch.chdir(tmp_path)
    for name, colour in (("a.png", (1, 2, 3)), ("b.png", (4, 5, 6))):
        picture(tmp_path / "tables" / name, colour)
    picture(tmp_path / "a.png")
    (tmp_path / "spot.yaml").write_text(PICTURED)
    rows = tmp_path / "tables" / "rows.csv"
    rows.write_text(ROWS)
    batch = ["spot.yaml", *bucket, "--table", "tables/rows.csv", "--name", "{{ sku }}"]
    planned = plan_batch(Asked(storyboard="spot.yaml", table=rows, overrides=bucket, name="{{ sku }}"))
    prerender(planned.clips, planned.settings.store.address)

    sent = document(said("submit", *batch, "--json"))
    assert (sent["title"], sent["films"], sent["files"]) == ("spot-rows: 2 films", 2, 5)
    fetched = document(said("fetch", sent["run"], "--json"))
    assert fetched["exit_code"] == 0
    mine = tmp_path / "outputs" / "spot-rows"
    assert {str(Path(path).relative_to(mine)) for path in fetched["files"]} >= {
        "index.html",
        "manifest.json",
        "manifest.parquet",
        "a-1/film.mp4",
        "a-1/poster.jpg",
        "a-2/film.mp4",
    }
    manifest = read_manifest(mine)
    assert manifest is not None
    assert [(entry.name, entry.state) for entry in manifest.films] == [("a-1", "made"), ("a-2", "made")]

    # the same again keeps all; a row that is wrong is refused beside the others, and said with exit code 1
    rows.write_text(ROWS + "A-3,star,nowhere.png\n")
    assert said("submit", *batch).exception is not None, "nothing is sent while a row is wrong"
    sent = document(said("submit", *batch, "--skip-bad", "--json"))
    assert "rows 4 are wrong" in sent["problems"][0]["message"]
    result = said("fetch", sent["run"], "--json")
    fetched = document(result)
    assert fetched["exit_code"] == 1
    assert "2 of 3 films" in fetched["problems"][0]["message"]
    manifest = read_manifest(mine)
    assert manifest is not None
    assert [entry.state for entry in manifest.films] == ["kept", "kept", "refused"]
    with Rest(server.url, server.client()) as rest:
        assert rest.get(f"/flow_runs/{sent['run']}")["state_name"] == PARTLY

    # the same on a schedule, of the table as it is now; a later change of it is not made
    rows.write_text(ROWS)
    monday = ["--film-name", "{{ sku }}", "--cron", "0 6 * * MON", "--name", "monday"]
    added = document(said("schedule", "add", *batch[:-2], *monday, "--json"))
    assert (added["title"], added["schedule"]["table"]) == ("spot-rows: 2 films", "tables/rows.csv")
    rows.unlink()
    asked = document(said("schedule", "run", "monday", "--json"))
    assert document(said("fetch", asked["run"], "--json"))["exit_code"] == 0
    with Rest(server.url, server.client()) as rest:
        assert rest.get(f"/flow_runs/{asked['run']}")["name"] == "spot-rows: 2 films (monday, pinned)"
    said("schedule", "remove", "monday")
    rows.write_text(ROWS + "A-3,star,nowhere.png\n")

    # a batch of this machine takes over what was fetched
    ours = plan_batch(
        Asked(storyboard="spot.yaml", table=rows, overrides=bucket, name="{{ sku }}", skip_bad=True), weights=False
    )
    assert ours.owner == f"{tmp_path}/spot.yaml with {rows}"
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
