"""Blocks of a Prefect server that keep addresses for it to send messages to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flows.errors import FlowsError, UserError
from flows.notify.secret import Mail, Webhook
from flows.runs.rest import Rest

WEBHOOK, MAIL = "webhook", "slack-webhook"
"""Prefect's types of blocks. It has none for mail; its Slack block hands any address of Apprise on."""


def add_block(rest: Rest, name: str, to: Webhook | Mail) -> str:
    """Its id. Raises UserError when there is one of that name, FlowsError when the server knows no such blocks."""
    slug = WEBHOOK if isinstance(to, Webhook) else MAIL
    kind = rest.get(f"/block_types/slug/{slug}")
    if kind is None:
        raise FlowsError(f"the Prefect server at {rest.url} has no blocks of the type {slug}; is it Prefect 3?")
    if rest.get(f"/block_types/slug/{slug}/block_documents/name/{name}") is not None:
        raise UserError(
            f"{name.removeprefix('wanflow-')}: there is a block {name!r} already, which is not ours to change\n"
            "    choose another name, or delete it in the Prefect UI"
        )
    forms = rest.post("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}})
    body = {"name": name, "data": _values(to), "block_type_id": kind["id"], "block_schema_id": forms[0]["id"]}
    return str(rest.post("/block_documents/", body)["id"])


def apprise(mail: Mail) -> str:
    """As Apprise, which Prefect sends with, writes a mail server."""
    user = f"{quote(mail.user, safe='')}:{quote(mail.password, safe='')}@" if mail.user and mail.password else ""
    scheme = "mailto" if mail.security == "none" else "mailtos"
    asked = {"from": mail.sender, "to": ",".join(mail.to), "smtp": mail.host, "format": "text"}
    asked |= {"mode": {"tls": "ssl", "starttls": "starttls"}[mail.security]} if mail.security != "none" else {}
    return f"{scheme}://{user}{mail.host}:{mail.port}?{urlencode(asked, safe='@,')}"


def _values(to: Webhook | Mail) -> Mapping[str, Any]:
    if isinstance(to, Mail):
        return {"url": apprise(to)}
    return {"url": to.address, "method": "POST", "headers": {"Content-Type": "application/json"}}
