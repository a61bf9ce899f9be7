"""Every error that a request over httpx can end with, and a network that ends so."""

from __future__ import annotations

from collections.abc import Callable

import httpx

MISUSE = (httpx.StreamError, httpx.CookieConflict)
"""What only a mistake in the program brings about: an answer read twice, a cookie asked for by half its name."""


def _below(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(each for one in kind.__subclasses__() for each in _below(one))]


ERRORS = sorted({*_below(httpx.HTTPError), *_below(httpx.InvalidURL)}, key=lambda kind: kind.__name__)


def made(kind: type[Exception]) -> Exception:
    """One of that kind."""
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("said no", request=httpx.Request("GET", "http://x"), response=httpx.Response(500))
    return kind("the wire broke")


def broken_client(kind: type[Exception]) -> httpx.Client:
    """All its requests end so."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise made(kind)

    return httpx.Client(base_url="http://127.0.0.1:9", transport=httpx.MockTransport(fail))


def break_network(kind: type[Exception]) -> Callable[..., None]:
    """For a transport's place: all requests of every client end so."""

    def fail(*_: object, **__: object) -> None:
        raise made(kind)

    return fail
