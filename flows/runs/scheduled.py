"""What the run of a schedule shows of it: in its name, and on a page of its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flows.runs.messages import Page
from flows.runs.order import SENT

PAGE = "schedule"
"""The key of the page."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """`storyboard` as the run was given it; `at` its time, None where nobody knows; `late` as it was written."""

    schedule: str
    storyboard: str
    at: datetime | None
    late: str

    def name(self, title: str) -> str:
        """Of the run: `Spot (monday, pinned)`."""
        return f"{title} ({self.schedule}, {'pinned' if pinned(self.storyboard) else 'latest'})"

    def page(self) -> Page:
        """Why the film is made, and of which storyboard."""
        rows = {
            "schedule": self.schedule,
            "storyboard": version(self.storyboard),
            "due": f"{self.at:%Y-%m-%d %H:%M %Z}" if self.at else "",
            "may begin later by": self.late,
        }
        lines = ["| | |", "| --- | --- |", *(f"| {key} | {_cell(value)} |" for key, value in rows.items() if value)]
        return Page(PAGE, "Which schedule asked for this film", "\n".join(lines))


def pinned(storyboard: str) -> bool:
    """Whether it is one that was sent, and so is the same at every time."""
    return SENT.fullmatch(storyboard) is not None


def version(storyboard: str) -> str:
    """Which storyboard is meant, as people read it."""
    found = SENT.fullmatch(storyboard)
    if found:
        return f"pinned: as it was sent, {found[1][:12]}"
    return f"latest: {storyboard}, as the machine finds it that makes the film"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
