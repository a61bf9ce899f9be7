"""What an automation of the Prefect server says, in Jinja: it is filled in there, from the event and the run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.notices import NOTICES
from flows.runs.names import EVENT, MISSED, PARTLY, REFUSED, REJECTED, SKIPPED, WAITING

TEST = "test"
"""What stands for `EVENT` of a message that is only to see whether it comes: `wanflow.test.NAME`."""
STATES: Mapping[str, Sequence[str]] = {
    "done": ("Completed", "Cached"),
    "partly": (PARTLY,),
    "failed": ("Failed", "Crashed", "TimedOut", REFUSED, REJECTED),
    "missed": (MISSED,),
    "skipped": (SKIPPED,),
    "review": (WAITING,),
}
"""The states of a run that say it; the others are events of ours."""


def events_of(kind: str) -> list[str]:
    """What the server calls the events that say it."""
    return [f"prefect.flow-run.{state}" for state in STATES.get(kind, ())] or [f"{EVENT}{kind}"]


_WORDS = {event: words for kind, words in NOTICES.items() for event in events_of(kind)}
_ENDINGS = "".join(f" | replace(' ({state.lower()})', '')" for state in (MISSED, SKIPPED))
_TITLE = f"{{{{ (flow_run.name or 'wanflow'){_ENDINGS} }}}}"
"""A worker calls runs that it does not make `monday (missed)`, and the words say that already."""
_CHOSEN = "".join(
    f"{{% {'elif' if number else 'if'} event.event == '{event}' %}}{words}"
    for number, (event, words) in enumerate(_WORDS.items())
)
_SAID = f"{_CHOSEN}{{% else %}}says{{% endif %}}"
SUBJECT = f"{_TITLE} {_SAID}"
"""In one line, in the words of `flows.notify`."""
_WHY = "{{ event.payload.text or flow_run.state.message or '' }}"
_TOOK = (
    "{% if flow_run.total_run_time and event.event.startswith('prefect.flow-run.') %}"
    "{% set seconds = flow_run.total_run_time.total_seconds() %}"
    "after {{ (seconds / 60) | round | int ~ ' min' if seconds >= 90 else seconds | round | int ~ ' s' }}{% endif %}"
)
_ESCAPED = "| string | replace('&', '&amp;') | replace('<', '&lt;') | replace('>', '&gt;')"


def body(url: str) -> str:
    """Plain; `url` is where the UI of the server is."""
    return f"{_WHY}\n{_TOOK}\n{_link(url)}\n"


def payload(url: str) -> str:
    """As `flows.notify.message.slack_form`."""
    named = {"subject": SUBJECT, "why": _WHY, "took": _TOOK, "link": _link(url)}
    said = "".join(f"{{% set {name} %}}{template}{{% endset %}}" for name, template in named.items())
    return (
        f"{said}{{% set said = '*' ~ (subject {_ESCAPED}) ~ '*\\n' ~ ((why {_ESCAPED}) | truncate(2500, True)) "
        "~ ('\\n' ~ took if took else '') %}"
        "{{ {'text': said ~ ('\\n' ~ link if link else ''), 'blocks': [{'type': 'section', 'text': {'type': 'mrkdwn', "
        "'text': said}}] + ([{'type': 'context', 'elements': [{'type': 'mrkdwn', 'text': '<' ~ link ~ '|the run>'}]}] "
        "if link else [])} | tojson }}"
    )


def _link(url: str) -> str:
    return f"{{% if flow_run %}}{url}/runs/flow-run/{{{{ flow_run.id }}}}{{% endif %}}"
