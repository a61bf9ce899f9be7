"""What the doctor finds."""

from __future__ import annotations

from flows.cli.doctor import examine
from flows.cli.doctor_page import Finding
from flows.config import compose


def found(*overrides: str) -> dict[str, Finding]:
    """Every finding by its name."""
    return {finding.name: finding for finding in examine(compose(list(overrides)).settings)}
