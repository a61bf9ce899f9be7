"""What is said, and the forms of it that receivers read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flows.notices import NOTICES

MOST = 2900
"""Characters of a block of text; Slack takes 3000."""


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is one of `NOTICES`, `title` what it is about. `lines` say more: how long it took, where it lies, what
    failed and the fix; `link` is the address of its run."""

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    link: str = ""

    @property
    def subject(self) -> str:
        """In one line."""
        return " ".join(f"{self.title} {NOTICES.get(self.kind, self.kind)}".split())

    @property
    def text(self) -> str:
        """All of it, plain."""
        return "\n".join([self.subject, "", *self.lines, *([self.link] if self.link else [])])


def slack_form(message: Message) -> dict[str, Any]:
    """The JSON of a Slack-compatible webhook: Slack, Mattermost, Rocket.Chat; Discord where its address ends in
    `/slack`. `text` is what is shown where `blocks` are not known."""
    head = f"*{escaped(message.subject)}*"
    said = "\n".join([head, *map(escaped, message.lines)])
    blocks: list[dict[str, Any]] = [_section(shortened(said))]
    if message.link:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": f"<{message.link}|the run>"}]})
    return {"text": shortened("\n".join([said, *([message.link] if message.link else [])])), "blocks": blocks}


def escaped(text: str) -> str:
    """As Slack wants text that is no markup of its."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str) -> str:
    """No longer than is taken."""
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
