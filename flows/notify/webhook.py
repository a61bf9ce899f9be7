"""Messages over HTTP."""

from __future__ import annotations

import os
import ssl

import certifi
import httpx

from flows.notify.message import Message, slack_form
from flows.notify.secret import Webhook, is_here, shown

SECONDS = 5.0
"""For each of: connecting, sending, and the answer."""
TRIES = 2


class Untold(Exception):
    """A message did not arrive, in words that hold no secret."""


def post(hook: Webhook, message: Message) -> None:
    """Once, and once more if the receiver is busy. Redirects are not followed: the address is the secret of one host.

    Raises Untold.
    """
    where = shown(hook.address)
    for left in reversed(range(TRIES)):
        try:
            with _client(hook) as client:
                answer = client.post(hook.address, json=slack_form(message))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = "no answer in time" if isinstance(error, httpx.TimeoutException) else reason(error)
            raise Untold(f"the webhook at {where} cannot be reached ({why})") from None
        if answer.is_success:
            return
        if answer.status_code < 500 or not left:
            moved = ", and leads elsewhere, which is not followed" if answer.is_redirect else ""
            raise Untold(f"the webhook at {where} says {answer.status_code}{moved}")


def reason(error: BaseException) -> str:
    """Why a server was not reached, in words that hold no secret."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return type(error).__name__
    return f"its certificate is not trusted: {cause.verify_message}; SSL_CERT_FILE=FILE names who is"


def _client(hook: Webhook) -> httpx.Client:
    here = is_here(httpx.URL(hook.address).host)
    trusted = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
    return httpx.Client(verify=trusted, timeout=SECONDS, follow_redirects=False, trust_env=not here)
