"""Mail over TLS, at once and after STARTTLS, to a server whose certificate is trusted, is not, or is another host's."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.notify.mail import send
from flows.notify.message import Message
from flows.notify.secret import Mail, Security, mail_of
from flows.notify.webhook import Untold
from tests.flows.notify.certificates import certificate
from tests.flows.notify.receivers import mailbox

MESSAGE = Message("done", "Spot", ("2 takes rendered",))


def mail(address: str, security: Security) -> Mail:
    """To a server of this machine, as if it were another one: STARTTLS is asked for."""
    return Mail(("a@x.org",), "films@x.org", "localhost", int(address.rpartition(":")[2]), security, "ana", "p/w")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_it_is_sent_encrypted_and_the_password_too(
    security: Security, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    with mailbox(security, context) as post:
        send(mail(post.address, security), MESSAGE)
        login, letter = post.wait(2)
    assert login == ["ana", "p/w"]
    assert "Subject: Spot is made" in letter


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("host", "known", "why"), [("localhost", False, "self-signed"), ("mail.x.org", True, "mismatch")]
)
def test_a_wrong_certificate_is_refused_and_said(
    security: Security, host: str, known: bool, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = certificate(tmp_path, host)
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
    with mailbox(security, context) as post, pytest.raises(Untold) as told:
        send(mail(post.address, security), MESSAGE)
    assert str(told.value).startswith("mail to a@x.org is not sent: localhost (its certificate is not trusted: ")
    assert why in str(told.value)
    assert "p/w" not in str(told.value)
    assert set(post.came) <= {"went away"}, "neither password nor message"


def test_a_server_that_offers_no_starttls_gets_neither_password_nor_message() -> None:
    with mailbox() as post, pytest.raises(Untold, match=r"is not sent: localhost \(SMTPNotSupportedError\)"):
        send(mail(post.address, "starttls"), MESSAGE)
    assert post.came == []


def test_which_of_both_an_address_asks_for() -> None:
    def said(address: str) -> tuple[Security, int]:
        found = mail_of("--email", ("a@x.org",), "--smtp", address)
        return found.security, found.port

    assert said("smtps://ana%40x.org:p@mail.x.org") == ("tls", 465)
    assert said("smtp://ana%40x.org:p@mail.x.org") == ("starttls", 587)
    assert said("smtp://ana%40x.org:p@localhost") == ("none", 587)
