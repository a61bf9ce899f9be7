"""Messages over HTTPS: to a server whose certificate is trusted, and to one whose is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.notify.message import Message
from flows.notify.secret import Webhook
from flows.notify.webhook import Untold, post
from tests.flows.notify.certificates import certificate
from tests.flows.notify.receivers import webhook

MESSAGE = Message("done", "Spot", ("2 takes rendered",))


def test_a_certificate_is_trusted_or_its_server_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = certificate(tmp_path, "localhost")
    with webhook(context) as hook:
        to = Webhook(f"{hook.address.replace('127.0.0.1', 'localhost')}/SECRET")
        with pytest.raises(Untold) as told:
            post(to, MESSAGE)
        assert str(told.value) == (
            "the webhook at https://localhost/… cannot be reached (its certificate is not trusted: self-signed "
            "certificate; SSL_CERT_FILE=FILE names who is)"
        )
        assert hook.came == []
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        post(to, MESSAGE)
        assert hook.came[0]["text"].startswith("*Spot is made*")
