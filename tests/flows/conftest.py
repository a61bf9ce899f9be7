"""One Ray, one Prefect server and one database for all films of these tests, where one is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.config import compose
from flows.film import FilmResult
from flows.runs.server import Server, connect
from tests.flows.cluster.troubled import KIND
from tests.flows.film.filming import film_in

MakeFilm = Callable[..., FilmResult]
Ask = Callable[[str, dict[str, Any]], Any]


@pytest.fixture(scope="session")
def data_home() -> Path:
    """`XDG_DATA_HOME` of these tests (`tests.conftest.live_elsewhere`)."""
    return Path(os.environ["XDG_DATA_HOME"])


@pytest.fixture(scope="session")
def server(data_home: Path) -> Iterator[Server]:
    """Kept alive between films, so that each need not start its own."""
    connected = connect()
    connected.wait()
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def ray_here() -> Iterator[RaySession]:
    """Of the tests of one file: beside tests that change the token of this process it would ask for it without end."""
    session = RaySession(compose([]).settings.cluster)
    yield session
    session.close()


@pytest.fixture
def make(ray_here: RaySession, tmp_path: Path) -> MakeFilm:
    """`make(only=[...], attempts=2)`: the film of `tmp_path`/film.yaml, by the troubled renderer; nobody watches."""
    return partial(film_in, tmp_path, RendererSpec(KIND, {"folder": str(tmp_path)}))


@pytest.fixture
def watched(make: partial[FilmResult], server: Server) -> MakeFilm:
    """As `make`, and Prefect shows the run."""
    return partial(make, watched=True)


@pytest.fixture
def rendered(tmp_path: Path) -> Callable[[], list[str]]:
    """The prompts that were rendered since it was last asked."""
    path = tmp_path / "rendered.txt"

    def since() -> list[str]:
        lines = sorted(path.read_text().splitlines()) if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    return since


@pytest.fixture
def ask(server: Server) -> Ask:
    """Ask the Prefect API."""

    def post(path: str, body: dict[str, Any]) -> Any:
        return httpx.post(f"{server.api}{path}", json=body).raise_for_status().json()

    return post


@pytest.fixture(scope="session")
def child_environment(data_home: Path) -> dict[str, str]:
    """For films made in processes of their own."""
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "XDG_DATA_HOME": str(data_home)}
