"""`wanflow notify`: who is told by the Prefect server what becomes of films."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from flows.cli.options import json_option
from flows.notices import NOTICES, USUAL

if TYPE_CHECKING:
    from flows.cli.forms.notify import NotifyDocument, NotifyForm
    from flows.notify.secret import Mail, Webhook
    from flows.runs.notifying import Notified, Notifying

NO_SERVER = (
    "no Prefect server is named: PREFECT_API_URL=http://HOST:4200/api\n"
    "    this machine's own ends with its films, and tells nobody; films that are made here are told of by "
    "notify.webhook=env:NAME (docs/notifications.md)"
)


@click.group("notify", short_help="Tell people what becomes of films, by webhook or mail.")
def command() -> None:
    """Who is told by the Prefect server (PREFECT_API_URL) what becomes of its runs, also when the machine that made
    films is gone. The server keeps the address in a block, and sends by an automation; both are seen in its UI.

    \b
    Examples:
      wanflow notify add team --webhook env:SLACK_WEBHOOK --on done,failed,review
      wanflow notify add boss --email boss@example.com --smtp env:SMTP --on failed,budget
      wanflow notify test team
    """


@command.command("add")
@click.argument("name")
@click.option(
    "--webhook", metavar="ADDRESS", help="Slack-compatible: https://…, or where it is kept: env:NAME, file:PATH."
)
@click.option("--email", multiple=True, metavar="ADDRESS", help="Who gets mail; may be repeated.")
@click.option(
    "--smtp", metavar="SERVER", help="With --email: env:NAME or file:PATH, of smtps://USER:PASSWORD@HOST?from=ADDRESS."
)
@click.option(
    "--on", default=",".join(USUAL), show_default=True, metavar="EVENTS", help=f"Of what: {', '.join(NOTICES)}."
)
@click.option("--insecure", is_flag=True, help="Also to other machines without TLS.")
@json_option
def add(
    name: str, webhook: str | None, email: tuple[str, ...], smtp: str | None, on: str, insecure: bool, as_json: bool
) -> None:
    """Have the server tell NAME what becomes of films.

    \b
    Examples:
      wanflow notify add team --webhook env:SLACK_WEBHOOK
      wanflow notify add team --webhook file:~/.config/slack-webhook --on failed,partly
      wanflow notify add boss --email boss@example.com --smtp env:SMTP
    """
    from flows.runs.notifying import check_name, check_on

    check_name(name)
    to, kinds = _receiver(webhook, email, smtp, insecure=insecure), check_on(on)
    with _notifying() as notifying:
        _show("add", [notifying.add(name, to, kinds)], as_json=as_json)
    if not as_json:
        click.echo(f"\nNext: wanflow notify test {name}")


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List who is told, how, and of what. Addresses are not shown."""
    with _notifying() as notifying:
        found = notifying.all()
    _show("list", found, as_json=as_json)
    if not found and not as_json:
        click.echo("Nobody is told. wanflow notify add NAME --webhook env:NAME")


@command.command("test")
@click.argument("name")
@json_option
def test(name: str, as_json: bool) -> None:
    """Have the server tell NAME that it can, and wait until it has. Exit code 1: it could not."""
    with _notifying() as notifying:
        found = notifying.find(name)
        notifying.test(name)
    if as_json:
        _show("test", [found], as_json=True)
    else:
        click.echo(f"the server has told {name}")


@command.command("remove")
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Tell NAME no more, and forget the address."""
    with _notifying() as notifying:
        found = notifying.remove(name)
    if as_json:
        _show("remove", [found], as_json=True)
    else:
        click.echo(f"{name} is told no more")


def _receiver(webhook: str | None, email: tuple[str, ...], smtp: str | None, *, insecure: bool) -> Webhook | Mail:
    from flows.notify.secret import mail_of, webhook_of

    if (webhook is None) == (not email):
        raise click.UsageError("say how: --webhook ADDRESS, or --email ADDRESS --smtp SERVER")
    if webhook is not None:
        if smtp is not None:
            raise click.UsageError("--smtp belongs to --email")
        return webhook_of("--webhook", webhook, insecure=insecure)
    return mail_of("--email", email, "--smtp", smtp, insecure=insecure)


@contextmanager
def _notifying() -> Iterator[Notifying]:
    from flows.errors import UserError
    from flows.runs.named import named_server
    from flows.runs.notifying import Notifying
    from flows.runs.submitting import reached

    if named_server() is None:
        raise UserError(NO_SERVER)
    with reached() as rest:
        yield Notifying(rest)


def _show(what: str, found: list[Notified], *, as_json: bool) -> None:
    from flows.cli.document import envelope, print_document

    if as_json:
        document: NotifyDocument = {**envelope(f"notify {what}"), "notified": [_form(each) for each in found]}
        print_document(document)
        return
    for each in found:
        paused = "" if each.active else " (switched off in Prefect)"
        click.echo(f"{each.name}{paused}: by {each.way}, of {', '.join(each.on)}")


def _form(each: Notified) -> NotifyForm:
    return {"name": each.name, "way": each.way, "on": list(each.on), "active": each.active}
