"""Who is told, by the settings: checked before a film is begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flows.notify.mail import send
from flows.notify.message import Message
from flows.notify.secret import Mail, Webhook, mail_of, webhook_of
from flows.notify.webhook import post
from flows.settings import NotifySettings


@dataclass(frozen=True, slots=True)
class Hooks:
    """`on`: of what they are told."""

    on: frozenset[str]
    webhook: Webhook | None
    mail: Mail | None

    def tell(self, message: Message) -> None:
        """All of them, each whatever became of the other. Raises ExceptionGroup of Untold, with those that failed."""
        wrong: list[Exception] = []
        for told in self._ways(message):
            try:
                told()
            except Exception as error:  # noqa: BLE001  # one that fails keeps no other from being told
                wrong.append(error)
        if wrong:
            raise ExceptionGroup("untold", wrong)

    def _ways(self, message: Message) -> list[Callable[[], None]]:
        webhook, mail = self.webhook, self.mail
        ways: list[Callable[[], None]] = []
        if webhook is not None:
            ways.append(lambda: post(webhook, message))
        if mail is not None:
            ways.append(lambda: send(mail, message))
        return ways


def hooks_of(settings: NotifySettings) -> Hooks | None:
    """None where nobody is to be told. Raises UserError for an address that is none."""
    webhook = mail = None
    if settings.webhook is not None:
        webhook = webhook_of("notify.webhook", settings.webhook, insecure=settings.insecure)
    if settings.email:
        mail = mail_of("notify.email", settings.email, "notify.smtp", settings.smtp, insecure=settings.insecure)
    return Hooks(frozenset(settings.events), webhook, mail) if webhook or mail else None
