"""Asking a Prefect server without Prefect, whose import takes seconds and which a laptop need not have."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

from flows.errors import EnvironmentProblem, FlowsError

PAGE = 200
"""What a server tells of at once, at most."""
TRIES, TRY_SECONDS = 4, 1.0
"""How often a server is asked that has no room for it now (503: its database is busy, and nothing was done)."""
READS = ("/filter", "/count")
"""How the paths of those questions end that are posted."""


class Rest:
    """Of the server whose UI is at `url`, through `client`, which is closed with the block. What is not there is None.

    Raises EnvironmentProblem when the server does not answer, and FlowsError for what it does not accept.
    """

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self._client = client

    def __enter__(self) -> Rest:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def get(self, path: str) -> Any:
        """What the answer says."""
        return self._asked("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """Likewise."""
        return self._asked("POST", path, body)

    def all(self, path: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Whatever a filter finds, each once (by `id`): a server tells of no more than a page at once. `body` may name
        a `sort`, of what does not change meanwhile."""
        found: dict[str, dict[str, Any]] = {}
        for page in itertools.count():
            part = self.post(path, {**body, "limit": PAGE, "offset": page * PAGE}) or []
            found |= {each["id"]: each for each in part}
            if len(part) < PAGE:
                break
        return list(found.values())

    def patch(self, path: str, body: Any) -> Any:
        """Likewise."""
        return self._asked("PATCH", path, body)

    def delete(self, path: str) -> Any:
        """Likewise."""
        return self._asked("DELETE", path, None)

    def set_state(self, run: str, state: dict[str, Any], *, of: str = "flow_runs") -> None:
        """Whatever Prefect's rules say of it: who asks knows better what has become of the run."""
        self.post(f"/{of}/{run}/set_state", {"state": state, "force": True})

    def _asked(self, method: str, path: str, body: Any) -> Any:
        answer = self._answer(method, path, body)
        for _ in range(TRIES - 1):
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(TRY_SECONDS)
            answer = self._answer(method, path, body)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.is_error:
            raise FlowsError(f"the Prefect server at {self.url} says {answer.status_code}: {answer.text[:300]}")
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            said = answer.text[:300]
            raise FlowsError(f"the server at {self.url} does not answer as Prefect does: {said}") from error

    def _answer(self, method: str, path: str, body: Any) -> httpx.Response:
        try:
            return self._heard(method, path, body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise EnvironmentProblem(f"the Prefect server at {self.url} does not answer ({why}); try again") from error

    def _heard(self, method: str, path: str, body: Any) -> httpx.Response:
        """A connection that is kept may be closed by the server just as it is used again: what changes nothing is asked
        once more, over a new one."""
        try:
            return self._client.request(method, path, json=body)
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            if isinstance(error, httpx.ConnectError) or not (method == "GET" or path.endswith(READS)):
                raise
            return self._client.request(method, path, json=body)
