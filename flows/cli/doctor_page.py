"""What the doctor found, as a page for people and as JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import click

from flows.cli.document import envelope, print_document
from flows.cli.problems import from_text
from flows.errors import FlowsError
from flows.words import count
from wan.errors import WanError

if TYPE_CHECKING:
    from flows.cli.forms.doctor import DoctorDocument, FindingForm

State: TypeAlias = Literal["good", "note", "bad"]
_MARKS: dict[State, tuple[str, str, str]] = {
    "good": ("✓", "ok", "green"),
    "note": ("!", "!!", "yellow"),
    "bad": ("✗", "no", "red"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `bad`: renders with this configuration fail; `note`: some films do, or it could be better. `fix` says
    what to do about either."""

    group: str
    name: str
    state: State
    found: str
    fix: str | None = None


def looked(group: str, name: str, look: Callable[[], str], fix: str | None = None) -> Finding:
    """What a look says; if it raises, what is wrong (and `fix`, unless the error says it)."""
    try:
        return Finding(group, name, "good", look())
    except (FlowsError, WanError, OSError, ImportError) as error:
        message, _, mend = str(error).partition("\n")
        if not mend and fix is None:
            message, mark, last = message.rpartition("; ")
            message, mend = (message, last) if mark else (last, "")
        return Finding(group, name, "bad", message, mend.strip() or fix)


def ready(findings: Sequence[Finding]) -> bool:
    """Whether renders can begin."""
    return not any(finding.state == "bad" for finding in findings)


def print_json(findings: Sequence[Finding]) -> None:
    """The page as a document; what is bad is among its problems."""
    bad = [from_text(f"{each.name}: {each.found}", "environment") for each in findings if each.state == "bad"]
    fixes = [each.fix for each in findings if each.state == "bad"]
    document: DoctorDocument = {
        **envelope(
            "doctor",
            0 if ready(findings) else 2,
            [{**problem, "fix": fix} for problem, fix in zip(bad, fixes, strict=True)],
        ),
        "ready": ready(findings),
        "findings": [cast("FindingForm", asdict(finding)) for finding in findings],
    }
    print_document(document)


def print_page(findings: Sequence[Finding]) -> None:
    """A line each, in groups; at the end what it comes to."""
    width = max(len(finding.name) for finding in findings)
    for group, members in groupby(findings, key=lambda finding: finding.group):
        click.secho(f"\n{group}", bold=True)
        for finding in members:
            mark, colour = _mark(finding.state)
            click.echo(f"  {click.style(mark, fg=colour)} {finding.name:<{width}}  {finding.found}")
            for line in _lines(finding.fix):
                click.echo(
                    f"  {' ' * len(mark)} {'':<{width}}  {click.style('→ ' if _speaks() else '-> ', fg=colour)}{line}"
                )
    click.echo(f"\n{summary(findings)}")


def summary(findings: Sequence[Finding]) -> str:
    """Whether renders can begin."""
    bad = [finding.name for finding in findings if finding.state == "bad"]
    notes = sum(finding.state == "note" for finding in findings)
    if bad:
        return f"Not ready: {', '.join(bad)}. What to do is said above."
    return f"Ready; {count(notes, 'remark')} above." if notes else "Ready."


def _lines(fix: str | None) -> Iterator[str]:
    yield from (line.strip() for line in (fix or "").splitlines() if line.strip())


def _mark(state: State) -> tuple[str, str]:
    sign, word, colour = _MARKS[state]
    return (sign if _speaks() else word), colour


def _speaks() -> bool:
    """Whether the terminal can show signs beyond ASCII."""
    try:
        "✓✗→".encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
