"""Messages by mail."""

from __future__ import annotations

import os
import smtplib
import ssl
from email.message import EmailMessage

import certifi

from flows.notify.message import Message
from flows.notify.secret import Mail
from flows.notify.webhook import Untold, reason

SECONDS = 5.0


def send(mail: Mail, message: Message) -> None:
    """Raises Untold."""
    try:
        with _server(mail) as server:
            if mail.user and mail.password:
                server.login(mail.user, mail.password)
            server.send_message(_written(mail, message))
    except (smtplib.SMTPException, OSError) as error:
        said = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
        raise Untold(f"mail to {', '.join(mail.to)} is not sent: {mail.host} ({reason(error)}{said})") from None


def _server(mail: Mail) -> smtplib.SMTP:
    trusted = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=trusted)
    server = smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
    try:
        if mail.security == "starttls":
            server.starttls(context=trusted)
    except BaseException:
        server.close()
        raise
    return server


def _written(mail: Mail, message: Message) -> EmailMessage:
    written = EmailMessage()
    written["Subject"] = message.subject[:200]
    written["From"], written["To"] = mail.sender, ", ".join(mail.to)
    written.set_content(message.text)
    return written
