"""The marks that say, to people and to machines, that a film was made by AI (EU AI Act, Article 50(2)).

Two of them: MP4's own tags (`comment`, `description`), which players show, and an XMP packet with IPTC's
`DigitalSourceType`, which is what search engines, social networks and picture agencies read.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.sax.saxutils import escape

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""https://cv.iptc.org/newscodes/digitalsourcetype/: "created using a model derived from sampled content"."""

TAIL = 16_384
"""Bytes at the end of a file in which the packet is looked for; a title is much shorter."""

XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""The MP4 box that holds XMP: Adobe, XMP Specification Part 3, section 1.1.2."""

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:identifier>{identifier}</dc:identifier>
<xmp:CreatorTool>wanflow</xmp:CreatorTool>
<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def tags(title: str, digest: str) -> list[str]:
    """`key=value` for ffmpeg's `-metadata`, each one argument."""
    return [
        f"title={_clean(title)}",
        "comment=AI-generated video",
        f"description=AI-generated video, made with wanflow. DigitalSourceType: {SOURCE_TYPE}. Storyboard: {digest}",
    ]


def add_xmp(path: Path, title: str, identifier: str) -> None:
    """Append the XMP packet as a box of its own to an MP4 or QuickTime file; nothing before it moves.

    `identifier` names the edit (`flows.edit.unchanged`).
    """
    content = packet(title, identifier)
    with path.open("ab") as file:
        file.write(struct.pack(">I", 8 + len(XMP_BOX) + len(content)) + b"uuid" + XMP_BOX + content)


def packet(title: str, identifier: str) -> bytes:
    """The XMP packet of a film."""
    return _XMP.format(title=escape(_clean(title)), source=SOURCE_TYPE, identifier=identifier).encode()


def read_identifier(path: Path) -> str | None:
    """The identifier that `add_xmp` wrote at the end of a file; None if there is none, or the end is missing."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        tail = file.read()
    identifier = re.search(rb"<dc:identifier>([0-9a-f]+)</dc:identifier>", tail)
    return identifier[1].decode() if identifier and tail.endswith(_XMP[-20:].encode()) else None


def _clean(text: str) -> str:
    """Without control characters, which neither an argument nor XML can hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
