"""Pictures in the terminal, where it draws them: by the protocols of kitty and iTerm2, which others speak too."""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Mapping
from typing import Literal, TypeAlias

Protocol: TypeAlias = Literal["kitty", "iterm2"]
_KITTY = ("ghostty",)
_ITERM2 = ("iTerm.app", "WezTerm", "mintty", "vscode")
COLUMNS = 48
"""Of the terminal, that a picture is wide."""
CHUNK = 4096
"""Bytes of base64 that kitty takes at once."""


def protocol_of(environment: Mapping[str, str], *, terminal: bool) -> Protocol | None:
    """How this terminal draws; None: it does not, or nobody looks. Inside tmux and screen it does not."""
    if not terminal or "TMUX" in environment or environment.get("TERM", "").startswith("screen"):
        return None
    program = environment.get("TERM_PROGRAM", "")
    if "KITTY_WINDOW_ID" in environment or environment.get("TERM") == "xterm-kitty" or program in _KITTY:
        return "kitty"
    return "iterm2" if program in _ITERM2 or environment.get("LC_TERMINAL") == "iTerm2" else None


def here() -> Protocol | None:
    """Of our own standard output."""
    return protocol_of(os.environ, terminal=sys.stdout.isatty())


def drawn(jpeg: bytes, protocol: Protocol) -> str:
    """What is printed to draw it."""
    if protocol == "iterm2":
        data = base64.b64encode(jpeg).decode()
        return f"\x1b]1337;File=inline=1;size={len(jpeg)};width={COLUMNS};preserveAspectRatio=1:{data}\x07\n"
    data = base64.b64encode(_png(jpeg)).decode()  # the only packed kind that kitty reads
    pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    written = []
    for number, piece in enumerate(pieces):
        more = int(number + 1 < len(pieces))
        keys = f"a=T,f=100,c={COLUMNS},m={more}" if number == 0 else f"m={more}"
        written.append(f"\x1b_G{keys};{piece}\x1b\\")
    return "".join(written) + "\n"


def _png(jpeg: bytes) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as image:
        image.save(buffer, "PNG")
    return buffer.getvalue()
