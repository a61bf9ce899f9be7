"""What `wanflow doctor` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from flows.cli.forms.envelope import Envelope


class FindingForm(TypedDict):
    """One line of the doctor's page."""

    group: str
    name: str
    state: Literal["good", "note", "bad"]
    found: str
    fix: str | None


class DoctorDocument(Envelope):
    """`wanflow doctor`."""

    ready: Annotated[bool, "whether renders can begin"]
    findings: list[FindingForm]


class ConfigurationDocument(Envelope):
    """`wanflow doctor --config`."""

    configuration: Annotated[dict[str, object], "every key with its value"]
