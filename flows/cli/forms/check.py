"""What `wanflow check` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, TypedDict

from flows.cli.forms.envelope import Envelope


class CheckedFile(TypedDict):
    """What `problems` come to in one file."""

    file: Annotated[str, "as it was named"]
    errors: int
    warnings: int


class CheckDocument(Envelope):
    """`wanflow check`; what is wrong is in `problems`."""

    files: list[CheckedFile]
