"""Files that other programs know and wanflow does not read, told by their first bytes: each by its name, with what to
convert it to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

LONGEST = 64
"""Bytes from the beginning that are looked at."""
PICTURES = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")
"""Pillow's names of the formats that are read. EPS and others, which run programs, are not."""
MOST_PIXELS = 80_000_000
"""A larger picture is refused, but for JPEG, which can be decoded smaller: decompression bombs are that large. Below
Pillow's own limit."""
MOST_JPEG_PIXELS = 250_000_000
"""What cameras of phones make: 108 and 200 megapixels."""
OTHER_PICTURES = ("PPM", "ICO", "ICNS", "DDS", "PCX", "SGI", "EPS", "FITS", "QOI", "XPM", "XBM", "MSP")
"""Pillow's names of formats that it knows for sure by their first bytes, and that are not read."""
CONVERT: Mapping[str, str] = MappingProxyType(
    {
        "image": "save it as PNG or JPEG",
        "video": "convert it to MP4, MOV, MKV or WebM",
        "audio": "convert it to WAV, FLAC, M4A, MP3 or Ogg",
    }
)
"""By what a file should be."""
TOO_LARGE = f"scale it below {MOST_PIXELS // 1_000_000} megapixels"

_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, "a Windows Media file (WMV, WMA, ASF)"),
    (b"FLV\x01", 0, "a Flash video (FLV)"),
    (b"\x06\x0e\x2b\x34", 0, "an MXF file"),
    (b".RMF", 0, "a RealMedia file"),
    (b"YUV4MPEG2", 0, "a raw video (Y4M)"),
    (b"BBCD", 0, "a raw Dirac video"),
    (b"nut/multimedia", 0, "a NUT file"),
    (b"\x00\x00\x00\x01\x67", 0, "a raw H.264 video without a container"),
    (b"\x00\x00\x00\x01\x09", 0, "a raw H.264 video without a container"),
    (b"\x00\x00\x00\x01\x27", 0, "a raw H.264 video without a container"),
    (b"\x00\x00\x01\x67", 0, "a raw H.264 video without a container"),
    (b"\x00\x00\x00\x01\x40\x01", 0, "a raw H.265 video without a container"),
    (b"\x00\x00\x00\x01\x46\x01", 0, "a raw H.265 video without a container"),
    (b"\x00\x00\x01\xb3", 0, "a raw MPEG video without a container"),
    (b"\x12\x00\x0a", 0, "a raw AV1 video without a container"),
    (b"\x1f\x07\x00", 0, "a raw DV video"),
    (b"\x0b\x77", 0, "an AC-3 sound"),
    (b"\x7f\xfe\x80\x01", 0, "a DTS sound"),
    (b"#!AMR", 0, "an AMR sound"),
    (b"caff", 0, "a Core Audio file (CAF)"),
    (b".snd", 0, "an AU sound"),
    (b"MAC ", 0, "a Monkey's Audio file (APE)"),
    (b"wvpk", 0, "a WavPack sound"),
    (b"TTA1", 0, "a True Audio sound (TTA)"),
    (b"MPCK", 0, "a Musepack sound"),
    (b"MP+", 0, "a Musepack sound"),
    (b"DSD ", 0, "a DSD sound (DSF)"),
    (b"FRM8", 0, "a DSD sound (DSDIFF)"),
    (b"MThd", 0, "a MIDI file"),
    (b"\x00\x00\x00\x0cjP  ", 0, "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", 0, "a JPEG 2000 picture"),
    (b"\x00\x00\x00\x0cJXL ", 0, "a JPEG XL picture"),
    (b"\xff\x0a", 0, "a JPEG XL picture"),
    (b"8BPS", 0, "a Photoshop document"),
    (b"\x76\x2f\x31\x01", 0, "an OpenEXR picture"),
    (b"#?RADIANCE", 0, "a Radiance HDR picture"),
    (b"CR\x02\x00", 8, "a camera's raw photo (CR2)"),
    (b"ftypcrx ", 4, "a camera's raw photo (CR3)"),
    (b"FUJIFILMCCD-RAW", 0, "a camera's raw photo (RAF)"),
    (b"IIRO", 0, "a camera's raw photo (ORF)"),
    (b"IIU\x00", 0, "a camera's raw photo (RW2)"),
    (b"%PDF", 0, "a PDF document"),
    (b"%!PS", 0, "a PostScript document"),
    (b"<svg", 0, "an SVG drawing"),
    (b"<?xml", 0, "an XML document"),
    (b"#EXTM3U", 0, "a playlist, not the media that it names"),
    (b"ffconcat", 0, "a playlist, not the media that it names"),
    (b"<!DOCTYPE", 0, "a web page"),
    (b"<!doctype", 0, "a web page"),
    (b"<html", 0, "a web page"),
    (b"PK\x03\x04", 0, "a ZIP archive"),
    (b"version https://git-lfs", 0, "a pointer of Git LFS, not the file itself (git lfs pull)"),
)
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")


class Fault(NamedTuple):
    """What is wrong with a file, as the end of a sentence about it, and what to do."""

    message: str
    fix: str


def picture_fault(
    kind: str | None, mode: str, size: tuple[int, int], tags: Mapping[int, object] = MappingProxyType({})
) -> Fault | None:
    """Why a picture is not read, by Pillow's names for format and mode, and a TIFF's tags; None where it is."""
    width, height = size
    if is_preview(tags):
        return Fault("is a camera's raw photo (DNG, NEF, ARW …), which is not read", CONVERT["image"])
    most = MOST_JPEG_PIXELS if kind in ("JPEG", "MPO") else MOST_PIXELS
    if width * height > most:
        return Fault(f"is {width}x{height}: too large for a picture", TOO_LARGE)
    if mode == "F" or (mode == "I" and kind == "TIFF"):
        return Fault(
            "is a picture of numbers (32 bits a channel), which do not say what is white", "save it with 8 or 16 bits"
        )
    return None


def is_preview(tags: Mapping[int, object]) -> bool:
    """Whether the first picture of a TIFF is a small one that stands for another: raw photos begin so. By its tags
    NewSubfileType and DNGVersion."""
    kind = tags.get(254, 0)
    return 50706 in tags or (isinstance(kind, int) and bool(kind & 1))


def foreign(head: bytes) -> str | None:
    """What a file is that is not read, with its article; None where its first bytes (`LONGEST`) do not tell."""
    for mark, offset, name in _SIGNATURES:
        if head[offset : offset + len(mark)] == mark:
            return name
    return "a HEIC photo" if _is_heic(head) else None


def is_animated_webp(head: bytes) -> bool:
    """Whether a WebP file moves (its extended header says so)."""
    return head[8:16] == b"WEBPVP8X" and len(head) > 20 and bool(head[20] & 0x02)


def is_animated_png(head: bytes) -> bool:
    """Whether a PNG file moves: its animation is announced after the header."""
    return head[:4] == b"\x89PNG" and b"acTL" in head


def _is_heic(head: bytes) -> bool:
    """HEIF has many brands; a file that is AVIF as well is read as that."""
    if head[4:8] != b"ftyp":
        return False
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    avif = any(brand in (b"avif", b"avis") for brand in brands)
    return not avif and (brands[0] in _HEIC or (brands[0] in (b"mif1", b"msf1") and any(b in _HEIC for b in brands)))
