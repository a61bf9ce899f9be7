"""HTTP as downloads need it: patience with passing faults, clear words for lasting ones, a token that stays at home."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from wan.errors import HubError, HubRefusal

T = TypeVar("T")

ATTEMPTS = 7
"""Tries without a byte arriving, before giving up: a minute and a half of silence."""

_LONGEST_PAUSE = 30.0
_LONGEST_WAIT_ASKED = 300.0
_PASSING = frozenset({408, 425, 429})


class Passing(Exception):
    """A fault that another try may not meet. `wait` is how many seconds the server asked for, if it did."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class NotThere(HubRefusal):
    """The hub knows no such repository, revision or file."""


class Wire:
    """Requests to one hub. May be used from several threads. `stop` ends every wait.

    The token goes to the hub's own address only, over https or to this machine: never after a redirect to another host
    or port (httpx drops it there), never in a message.
    """

    def __init__(
        self,
        endpoint: str,
        token: str | None = None,
        *,
        stop: threading.Event | None = None,
        attempts: int = ATTEMPTS,
        first_pause: float = 1.0,
        connections: int = 8,
    ) -> None:
        self.endpoint = _checked(endpoint)
        self.stop = stop or threading.Event()
        self.attempts = attempts
        self._first_pause = first_pause
        self._token = token if _private(self.endpoint) else None
        self._client = httpx.Client(
            follow_redirects=True,
            timeout=httpx.Timeout(30.0, connect=15.0),
            limits=httpx.Limits(max_connections=connections + 2, max_keepalive_connections=connections + 2),
            headers={"User-Agent": "wanflow", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def json(self, url: str) -> tuple[Any, str | None]:
        """A JSON answer, and the address of the next page, if there is one. Raises `HubError`."""

        def ask() -> tuple[Any, str | None]:
            with self.get(url) as answer:
                answer.read()
                return answer.json(), answer.links.get("next", {}).get("url")

        try:
            return self.retrying(ask, attempts=min(self.attempts, 4))
        except ValueError as error:
            raise HubError(f"{host_of(url)} did not answer with JSON to {_plain(url)}: is it a model hub?") from error

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
        """An open answer of status 200, 206 or 416. Raises `Passing`, `HubError` or `HubRefusal`."""
        sent = dict(headers or {})
        if self._token and _origin(url) == _origin(self.endpoint):
            sent["Authorization"] = f"Bearer {self._token}"
        try:
            with self._client.stream("GET", url, headers=sent) as answer:
                _check(answer, url)
                yield answer
        except httpx.TransportError as error:
            raise Passing(f"{host_of(url)}: {_said(error)}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise HubError(f"{host_of(url)}: {_said(error)}") from error

    def retrying(self, once: Callable[[], T], *, progress: Callable[[], int] = int, attempts: int = 0) -> T:
        """Do it, again after `Passing` faults with growing pauses. Tries are counted anew whenever `progress` grew.

        Raises `HubError` when the tries are used up.
        """
        failures, reached = 0, progress()
        while True:
            try:
                return once()
            except Passing as fault:
                failures = 1 if progress() > reached else failures + 1
                reached = max(reached, progress())
                if failures >= (attempts or self.attempts):
                    times = f"{failures} tries" if failures > 1 else "one try"
                    raise HubError(f"{fault} ({times})") from fault
                pause = min(self._first_pause * 2 ** (failures - 1), _LONGEST_PAUSE)
                self.stop.wait(max(pause, fault.wait or 0.0))
                if self.stop.is_set():
                    raise HubError("stopped") from fault


def host_of(address: str) -> str:
    """The host (and port) of an address, which is what people are told: the rest may be signed."""
    return urlsplit(address).netloc.rpartition("@")[2]


def _checked(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HubRefusal(f"{endpoint!r} is no address of a hub: https://HOST is")
    return endpoint.rstrip("/")


def _private(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


def _plain(url: str) -> str:
    return urlsplit(url).path


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _check(answer: httpx.Response, url: str) -> None:
    status = answer.status_code
    if status in (200, 206, 416):
        return
    where = f"{answer.url.host} answered {status} to {_plain(url)}"
    redirected = _origin(str(answer.url)) != _origin(
        url
    )  # a signed address may have run out: the next try gets another
    if status in _PASSING or status >= 500 or (redirected and status in (403, 404)):
        raise Passing(where, _wait_asked(answer.headers))
    if status in (401, 403) and not answer.headers.get("x-error-code", "").endswith("NotFound"):
        raise HubRefusal(f"{where}: access is not granted. {_way_in(answer)}")
    if status in (401, 403, 404):  # Hugging Face answers 401 where there is nothing that the asker may see
        there_is_no = f"{where}: there is no such repository, revision or file"
        if status == 404 or "authorization" in answer.request.headers:
            raise NotThere(there_is_no)
        raise NotThere(f"{there_is_no} for somebody who is not logged in. {_way_in(answer)}")
    raise HubError(where)


def _way_in(answer: httpx.Response) -> str:
    if "authorization" in answer.request.headers:
        return (
            "The token that was sent does not open it: accept the repository's terms on the hub with the token's "
            "account, and let the token read gated repositories"
        )
    return (
        "For a gated or private repository accept its terms on the hub, and log in (hf auth login) or set HF_TOKEN "
        "(ModelScope: MODELSCOPE_API_TOKEN)"
    )


def _wait_asked(headers: httpx.Headers) -> float | None:
    """Seconds from `Retry-After`, or from the `t=` of a `RateLimit` header; never more than five minutes."""
    asked = headers.get("retry-after", "")
    if not asked.isdigit():
        match = re.search(r"\bt=(\d+)", headers.get("ratelimit", ""))
        asked = match[1] if match else ""
    return min(float(asked), _LONGEST_WAIT_ASKED) if asked else None
