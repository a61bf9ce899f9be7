"""What `wanflow store` prints with `--json`."""

from __future__ import annotations

from typing import Annotated

from flows.cli.forms.envelope import Envelope


class StoreStatusDocument(Envelope):
    """`wanflow store status`."""

    address: Annotated[str, "opens the store from any machine that may"]
    clips: Annotated[int, "that are finished"]
    blobs: Annotated[int, "files by digest: pictures, sounds, videos, latents"]
    bytes: Annotated[int, "of all of them"]
    ledger_files: Annotated[int, "a file a write, until they are compacted"]


class StoreCompactDocument(Envelope):
    """`wanflow store compact`."""

    address: Annotated[str, "opens the store from any machine that may"]
    files: Annotated[int, "of the ledger that could be read, and are one now"]
    rows: Annotated[int, "of the ledger, each clip of a take that a film asked for"]
