"""What is said of a film that is made elsewhere: what it may take, where the store's ledger knows of such clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from flows.api import load, plan
from flows.cli.sending import checked_here
from flows.cli.submit import _cost, _submitted
from flows.cli.table_options import TableOptions
from flows.errors import FlowsError, UserError
from flows.ledger import append_rows
from flows.runs.rest import Rest
from flows.runs.submitting import MOST_BYTES
from flows.store import open_store
from flows.store.layout import SUBMISSIONS
from tests.flows.batch.batches import STORYBOARD, table
from tests.flows.ledger.test_history import ROW

ONE = TableOptions(
    table=None, matrix=(), film_name=None, called=None, ignore=(), sheet=None, skip_bad=False, max_films=1
)
FILM = "storyboard: 1\ntitle: A test\nscenes:\n  - shots:\n      - prompt: a white boat moves left to right\n"


TAKES = ("storyboard", "overrides", "only", "priority", "deadline", "store")


def server(takes: tuple[str, ...] | None, refuses: int | None = None) -> Rest:
    """A Prefect server with a deployment of these parameters (None: without one), which says `refuses` to a run."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/create_flow_run"):
            if refuses is None:
                raise httpx.ReadTimeout("no answer in time")
            return httpx.Response(refuses, json={"detail": "no"})
        if takes is None:
            return httpx.Response(404)
        known = {"properties": {key: {} for key in takes}}
        return httpx.Response(200, json={"id": "1", "parameter_openapi_schema": known})

    return Rest("http://farm:4200", httpx.Client(transport=httpx.MockTransport(answer), base_url="http://farm"))


@pytest.mark.parametrize(
    ("takes", "refuses", "error", "sent"),
    [
        (None, None, "no machine has offered to make films", 0),
        (TAKES[:-1], None, "has an older wanflow", 0),
        (TAKES, 409, "says 409", 0),
        (TAKES, None, "does not answer", 1),
    ],
    ids=["nobody offers", "older", "refused", "no answer"],
)
def test_of_what_is_refused_nothing_stays_in_the_store(
    tmp_path: Path, takes: tuple[str, ...] | None, refuses: int | None, error: str, sent: int
) -> None:
    """A server that has not answered may have heard of it all the same."""
    film, store = tmp_path / "film.yaml", tmp_path / "store"
    film.write_text(FILM)
    checked = checked_here(str(film), [f"store.address={store}"], ONE, (), None)
    with pytest.raises(FlowsError, match=error):
        _submitted(checked, server(takes, refuses), (), None, None, "")
    assert len(open_store(str(store)).notes(SUBMISSIONS)) == sent


def test_overrides_that_are_too_long_and_a_table_that_no_machine_takes_send_nothing(tmp_path: Path) -> None:
    (tmp_path / "spot.yaml").write_text(STORYBOARD)
    (tmp_path / "rows.csv").write_text(table(["product"], ["boat"]))
    rows = replace(ONE, table=tmp_path / "rows.csv")
    place = f"store.address={tmp_path / 'store'}"
    checked = checked_here(str(tmp_path / "spot.yaml"), [place], rows, (), None)
    with pytest.raises(FlowsError, match="has an older wanflow"):
        _submitted(checked, server(TAKES), (), None, None, "")
    long = replace(checked, overrides=("x" * MOST_BYTES,))
    with pytest.raises(UserError, match="the overrides are too long"):
        _submitted(long, server((*TAKES, *rows.parameters(""))), (), None, None, "")
    assert open_store(str(tmp_path / "store")).notes(SUBMISSIONS) == ()


def test_what_it_may_take_is_known_from_clips_that_were_rendered_elsewhere(tmp_path: Path) -> None:
    film = tmp_path / "film.yaml"
    film.write_text(FILM)
    overrides = [f"store.address={tmp_path / 'store'}", "cost.gpu_hour={H200: 3600}", "cost.currency=EUR"]
    unknown, _ = _cost(checked_here(str(film), overrides, ONE, (), None))
    assert unknown is not None
    assert (unknown["estimate"], unknown["gpus"]) == ("rough", [])
    assert unknown["cost"] == pytest.approx(unknown["seconds"], abs=0.1), "of any GPU that has a price"

    (clip,) = plan(load(film, overrides)).clips
    seconds = {"denoise": 20.0, "load": 30.0}
    row = replace(ROW, spec=clip.spec, kernel=clip.kernel, device="auto", gpu="NVIDIA H200", seconds=seconds)
    append_rows(open_store(str(tmp_path / "store")), [row])
    known, _ = _cost(checked_here(str(film), overrides, ONE, (), None))
    assert known is not None
    assert (known["estimate"], known["gpus"]) == ("measured", ["NVIDIA H200"])
    assert (known["seconds"], known["cost"]) == (50.0, pytest.approx(50.0))
    assert known["low_seconds"] < 20 < 50 < known["high_seconds"]


def test_caps_that_will_refuse_it_are_named(tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text(FILM)
    (tmp_path / "spot.yaml").write_text(STORYBOARD)
    (tmp_path / "rows.csv").write_text(table(["product"], ["boat"], ["kite"]))
    prices = [f"store.address={tmp_path / 'store'}", "cost.gpu_hour={default: 3600}", "cost.cap.film=0.01"]
    later = "; if nothing of it is in the store, it is refused where it is made"
    _, film = _cost(checked_here(str(tmp_path / "film.yaml"), prices, ONE, (), None))
    assert film == [f"more than cost.cap.film=0.01 allows{later}"]
    rows = replace(ONE, table=tmp_path / "rows.csv", max_films=9)
    _, batch = _cost(checked_here(str(tmp_path / "spot.yaml"), [*prices, "cost.cap.batch=0.02"], rows, (), None))
    assert batch == [
        f"more than cost.cap.batch=0.02 allows{later}",
        f"more than cost.cap.film=0.01 allows: row 2 boat and 1 film more{later}",
    ]
    _, enough = _cost(checked_here(str(tmp_path / "spot.yaml"), [prices[0], "cost.cap.batch=20h"], rows, (), None))
    assert enough == []
