from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from flows.cli.review_pictures import CHUNK, drawn, protocol_of


def jpeg(side: int = 64) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, None),
        ({"TERM": "screen-256color", "LC_TERMINAL": "iTerm2"}, None),
    ],
)
def test_terminals_that_draw_are_known(environment: dict[str, str], protocol: str | None) -> None:
    assert protocol_of(environment, terminal=True) == protocol
    assert protocol_of(environment, terminal=False) is None


def test_kitty_gets_a_png_in_pieces() -> None:
    pieces = drawn(jpeg(256), "kitty").rstrip("\n").split("\x1b\\")[:-1]
    assert len(pieces) > 2
    assert pieces[0].startswith("\x1b_Ga=T,f=100,c=48,m=1;")
    assert [piece.partition(";")[0] for piece in pieces[1:]] == ["\x1b_Gm=1"] * (len(pieces) - 2) + ["\x1b_Gm=0"]
    data = "".join(piece.partition(";")[2] for piece in pieces)
    assert max(len(piece.partition(";")[2]) for piece in pieces) <= CHUNK
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (256, 256)


def test_iterm_gets_the_file_as_it_is() -> None:
    picture = jpeg()
    text = drawn(picture, "iterm2")
    assert text.startswith(f"\x1b]1337;File=inline=1;size={len(picture)};")
    assert base64.b64decode(text.partition(":")[2].partition("\x07")[0]) == picture
