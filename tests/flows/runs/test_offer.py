"""What a machine that serves has on its Prefect server."""

from __future__ import annotations

import pytest

from flows.runs.names import AUTOMATION, DEPLOYMENT, ENTRYPOINT, FLOW, POOL
from flows.runs.offer import offer
from flows.runs.rest import Rest
from flows.runs.server import Server

pytestmark = pytest.mark.slow


def test_it_is_there_once_however_often_it_is_offered(server: Server) -> None:
    with Rest(server.url, server.client()) as rest:
        first = offer(rest, silence=None)
        assert rest.post("/automations/filter", {"automations": {"name": {"any_": [AUTOMATION]}}}) == []
        assert [offer(rest) for _ in range(2)] == [first, first]
        assert len(rest.post("/automations/filter", {"automations": {"name": {"any_": [AUTOMATION]}}})) == 1
        deployment = rest.get(f"/deployments/name/{FLOW}/{DEPLOYMENT}")
        assert (deployment["id"], deployment["work_pool_name"], deployment["entrypoint"]) == (first, POOL, ENTRYPOINT)
        assert deployment["parameter_openapi_schema"]["required"] == ["storyboard"]
        assert rest.get("/deployments/name/nothing/nothing") is None
