"""Addresses that hold a secret: said by where they are kept, and never shown."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from flows.errors import UserError
from wan.system.files import without_tilde

MAX_BYTES = 8192
_MAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+|[^@\s<>,;\"]+@localhost")
PORTS = {"smtps": 465, "smtp": 587}
_WEBHOOK = "write https://HOST/PATH"
_SMTP = "write smtps://USER:PASSWORD@HOST, or smtp://… with STARTTLS; a port behind HOST is one of 1 to 65535"


Security: TypeAlias = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that messages are posted to. Its text is the secret."""

    address: str

    def __repr__(self) -> str:
        return f"Webhook({shown(self.address)})"


@dataclass(frozen=True, slots=True)
class Mail:
    """Who gets messages, through which server. The password is the secret."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    security: Security
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Mail({', '.join(self.to)} by {self.host})"


def kept(flag: str, text: str) -> str:
    """What `env:NAME` or `file:PATH` leads to, or the text itself. Raises UserError."""
    where, _, name = text.partition(":")
    if where in ("env", "file") and not name:
        raise UserError(f"{flag} {text}: it does not say where\n    write env:NAME, or file:PATH")
    if where == "env":
        value = os.environ.get(name, "").strip()
        if not value:
            raise UserError(f"{flag} {text}: the environment has no {name}\n    export {name}=ADDRESS")
        return value
    return _of_file(flag, without_tilde(Path(name))) if where == "file" else text


def webhook_of(flag: str, text: str, *, insecure: bool = False) -> Webhook:
    """`text` as for `kept`. Raises UserError for what is no address, and for one without TLS that is not of this
    machine, unless that is allowed (`insecure`); the address itself is not repeated."""
    address = kept(flag, text)
    parts = _split(flag, address, _WEBHOOK)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise UserError(f"{flag}: {shown(address)} is no address of a webhook\n    {_WEBHOOK}")
    if parts.username or parts.password:
        raise UserError(f"{flag}: {shown(address)} has a user in it, which webhooks do not take\n    leave it out")
    if parts.scheme == "http" and not insecure and not is_here(parts.hostname):
        raise UserError(
            f"{flag}: {shown(address)} is not encrypted, and its path is a secret\n"
            "    write https://…, or allow it: --insecure (notify.insecure=true)"
        )
    return Webhook(address)


def mail_of(flag: str, to: tuple[str, ...], smtp_flag: str, smtp: str | None, *, insecure: bool = False) -> Mail:
    """`smtp`, as for `kept`: `smtps://user:password@HOST:465?from=films@example.com`. Raises UserError."""
    for each in to:
        if not _MAIL.fullmatch(each):
            raise UserError(f"{flag} {each[:100]}: this is no mail address\n    write NAME@HOST")
    if smtp is None:
        raise UserError(
            f"{flag} {to[0]}: no server is named that takes mail\n"
            f"    {smtp_flag} env:NAME, and in the environment NAME=smtps://USER:PASSWORD@HOST"
        )
    address = kept(smtp_flag, smtp)
    parts = _split(smtp_flag, address, _SMTP)
    if parts.scheme not in PORTS or not parts.hostname:
        raise UserError(f"{smtp_flag}: {shown(address)} is no address of a mail server\n    {_SMTP}")
    sender = dict(_pair(each) for each in parts.query.split("&") if each).get("from") or unquote(parts.username or "")
    if not _MAIL.fullmatch(sender):
        raise UserError(
            f"{smtp_flag}: it is not said who sends\n    add it: smtps://…@{parts.hostname}?from=films@example.com"
        )
    return Mail(
        to=to,
        sender=sender,
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        security="tls" if parts.scheme == "smtps" else "none" if insecure or is_here(parts.hostname) else "starttls",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def shown(address: str) -> str:
    """Where it leads, without what is secret in it."""
    try:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.hostname}/…" if parts.scheme and parts.hostname else "what is said there"
    except ValueError:
        return "what is said there"


def is_here(host: str) -> bool:
    """Whether it is on this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(flag: str, address: str, fix: str) -> SplitResult:
    try:
        if any(each.isspace() or not each.isprintable() for each in address) or len(address) > MAX_BYTES:
            raise ValueError
        parts = urlsplit(address)
        if parts.port == 0:
            raise ValueError
    except ValueError:
        raise UserError(f"{flag}: {shown(address)} is no address\n    {fix}") from None
    return parts


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, unquote(value)


def _of_file(flag: str, path: Path) -> str:
    try:
        status = os.stat(path)
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise UserError(f"{flag} file:{path}: others may read it, and it holds a secret\n    chmod 600 {path}")
        text = path.read_bytes()[:MAX_BYTES].decode().strip()
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UserError(f"{flag} file:{path}: it cannot be read: {why}\n    write the address into it") from error
    if not text:
        raise UserError(f"{flag} file:{path}: it is empty\n    write the address into it")
    return text
