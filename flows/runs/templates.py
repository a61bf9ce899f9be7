"""What an automation of the Prefect server says, in Jinja: it is filled in there, from the event and the run. Pure."""

from __future__ import annotations

from flows.notices import NOTICES
from flows.runs.names import EVENT, MISSED, PARTLY, SKIPPED

TEST = "test"
"""What stands for `EVENT` of a message that is only to see whether it comes: `wanflow.test.NAME`."""
_WORDS = {
    "prefect.flow-run.Completed": NOTICES["done"],
    "prefect.flow-run.Cached": NOTICES["done"],
    f"prefect.flow-run.{PARTLY}": NOTICES["partly"],
    f"prefect.flow-run.{MISSED}": NOTICES["missed"],
    f"prefect.flow-run.{SKIPPED}": NOTICES["skipped"],
    f"{EVENT}review": NOTICES["review"],
    f"{EVENT}budget": NOTICES["budget"],
}
_TITLE = "{{ flow_run.name or 'wanflow' }}"
_CHOSEN = "".join(
    f"{{% {'elif' if number else 'if'} event.event == '{event}' %}}{words}"
    for number, (event, words) in enumerate(_WORDS.items())
)
_SAID = (
    f"{_CHOSEN}{{% elif event.event.startswith('prefect.flow-run.') %}}{NOTICES['failed']}{{% else %}}says{{% endif %}}"
)
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
