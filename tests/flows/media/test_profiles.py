"""Colours of pictures: profiles and what PNG and AVIF say are converted to sRGB; what says nothing is left alone."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from flows.media import load_image, probe_image
from flows.media.tone import BT709, WIDE, Corners

COLOURS = np.array(
    [[[255, 0, 0], [0, 200, 0], [0, 0, 255], [240, 180, 160], [128, 128, 128], [255, 255, 255]]], np.uint8
)
P3 = WIDE[12]


def icc(corners: Corners, gamma: float = 2.2, *, grey: bool = False) -> bytes:
    """A matrix profile (ICC.1, version 2): primaries adapted to D50 by Bradford, one gamma."""
    from flows.media.tone import to_xyz

    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50, white = np.array([0.9642, 1.0, 0.8249]), to_xyz(corners).sum(1)
    adapt = np.linalg.inv(bradford) @ np.diag(bradford @ d50 / (bradford @ white)) @ bradford
    columns = (adapt @ to_xyz(corners)).T

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values: np.ndarray) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(map(fixed, values))

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = b"text" + bytes(4) + b"a profile\0\0\0"
    tags = {b"wtpt": xyz(d50), b"cprt": text, b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"x\0" + bytes(78)}
    tags |= {b"kTRC": curve} if grey else {
        b"rXYZ": xyz(columns[0]), b"gXYZ": xyz(columns[1]), b"bXYZ": xyz(columns[2]),
        b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
    }  # fmt: skip
    at, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    size = 132 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", b"GRAY" if grey else b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + b"".join(map(fixed, d50)) + bytes(48)
    return head[:128].ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def as_viewers_show(image: Image.Image) -> np.ndarray:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return np.asarray(shown)


def png_with(path: Path, *chunks: tuple[bytes, bytes]) -> Path:
    """COLOURS as a PNG with these chunks after its header."""
    buffer = io.BytesIO()
    Image.fromarray(COLOURS).save(buffer, "PNG")
    data = buffer.getvalue()
    extra = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    path.write_bytes(data[:33] + extra + data[33:])
    return path


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.avif"])
def test_a_profile_is_converted_to_srgb(tmp_path: Path, name: str) -> None:
    large = Image.fromarray(COLOURS.repeat(16, 0).repeat(16, 1))
    large.save(tmp_path / name, icc_profile=icc(P3), quality=100)
    with Image.open(tmp_path / name) as image:
        wanted = as_viewers_show(image.convert("RGB"))
    assert probe_image(tmp_path / name).treated == ("profile",)
    assert np.array_equal(load_image(tmp_path / name), wanted)
    assert np.abs(wanted[8, 60].astype(int) - COLOURS[0, 3]).max() > 4


def test_every_mode_has_its_profile_applied(tmp_path: Path) -> None:
    alpha = Image.fromarray(COLOURS).convert("RGBA")
    alpha.putpixel((0, 0), (255, 0, 0, 0))
    alpha.save(tmp_path / "alpha.png", icc_profile=icc(P3))
    assert load_image(tmp_path / "alpha.png")[0, 0].tolist() == [255, 255, 255]
    plain = Image.fromarray(COLOURS)
    plain.info["icc_profile"] = icc(P3)
    assert load_image(tmp_path / "alpha.png")[0, 3].tolist() == as_viewers_show(plain)[0, 3].tolist()
    plain.quantize(16).save(tmp_path / "palette.png", icc_profile=icc(P3))
    assert np.abs(load_image(tmp_path / "palette.png")[0, 3].astype(int) - as_viewers_show(plain)[0, 3]).max() <= 3
    ramp = np.arange(0, 256, 8, dtype=np.uint8)[None]
    Image.fromarray(ramp).save(tmp_path / "grey.png", icc_profile=icc(BT709, 1.0, grey=True))
    Image.fromarray(ramp.astype(np.uint16) * 257).save(tmp_path / "deep.png", icc_profile=icc(BT709, 1.0, grey=True))
    light = load_image(tmp_path / "grey.png")[0, :, 0]
    assert light[8] == pytest.approx(137, abs=2)
    assert np.array_equal(load_image(tmp_path / "deep.png")[0, :, 0], light)
    exif = Image.Exif()
    exif[0x0112] = 6
    plain.save(tmp_path / "side.png", icc_profile=icc(P3), exif=exif)
    assert np.array_equal(load_image(tmp_path / "side.png"), np.rot90(as_viewers_show(plain), -1))


def test_srgb_by_whatever_name_changes_nothing(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for number, profile in enumerate((srgb, b"no profile at all", icc(BT709, 1.0, grey=True))):
        Image.fromarray(COLOURS).save(tmp_path / f"{number}.png", icc_profile=profile)
    assert np.array_equal(load_image(tmp_path / "0.png"), COLOURS)
    assert np.array_equal(load_image(tmp_path / "1.png"), COLOURS)
    assert probe_image(tmp_path / "0.png").treated == probe_image(tmp_path / "1.png").treated == ()
    grey = Image.fromarray(COLOURS).convert("L")
    grey.save(tmp_path / "grey.jpg", icc_profile=srgb)
    assert probe_image(tmp_path / "grey.jpg").treated == ()


def test_the_gamma_and_primaries_of_a_png_are_applied(tmp_path: Path) -> None:
    linear = png_with(tmp_path / "linear.png", (b"gAMA", struct.pack(">I", 100_000)))
    assert probe_image(linear).treated == ("gamma",)
    assert load_image(linear)[0, 4].tolist() == [188, 188, 188]
    assert load_image(linear)[0, 0].tolist() == [255, 0, 0]
    numbers = [round(100_000 * value) for value in (*P3[6:], *P3[:6])]
    wide = png_with(tmp_path / "p3.png", (b"gAMA", struct.pack(">I", 45455)), (b"cHRM", struct.pack(">8I", *numbers)))
    plain = Image.fromarray(COLOURS)
    plain.info["icc_profile"] = icc(P3)
    assert np.abs(load_image(wide)[0, 3].astype(int) - as_viewers_show(plain)[0, 3]).max() <= 3
    usual = png_with(tmp_path / "usual.png", (b"gAMA", struct.pack(">I", 45455)))
    named = png_with(tmp_path / "named.png", (b"gAMA", struct.pack(">I", 100_000)), (b"sRGB", b"\0"))
    for path in (usual, named):
        assert probe_image(path).treated == ()
        assert np.array_equal(load_image(path), COLOURS)


def test_hdr_pictures_are_converted(tmp_path: Path) -> None:
    path = png_with(tmp_path / "pq.png", (b"cICP", bytes([9, 16, 0, 1])))
    assert probe_image(path).treated == ("pq",)
    assert load_image(path)[0, 4, 0] == pytest.approx(187, abs=3)  # 92 cd/m² of 203
    wide = png_with(tmp_path / "wide.png", (b"cICP", bytes([12, 13, 0, 1])))
    assert probe_image(wide).treated == ("wide gamut",)
    assert load_image(wide)[0, 3, 0] > COLOURS[0, 3, 0]
    Image.fromarray(COLOURS.repeat(16, 0).repeat(16, 1)).save(tmp_path / "plain.avif", quality=100)
    data = (tmp_path / "plain.avif").read_bytes()
    at = data.index(b"colrnclx") + 8
    (tmp_path / "hlg.avif").write_bytes(data[:at] + struct.pack(">HH", 9, 18) + data[at + 4 :])
    assert probe_image(tmp_path / "plain.avif").treated == ()
    assert probe_image(tmp_path / "hlg.avif").treated == ("hlg",)
    assert load_image(tmp_path / "hlg.avif").shape == (16, 96, 3)


def test_a_cmyk_picture_without_a_profile_is_read_as_before(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).resize((96, 16)).convert("CMYK").save(tmp_path / "print.jpg", quality=100)
    assert probe_image(tmp_path / "print.jpg").treated == ()
    with Image.open(tmp_path / "print.jpg") as image:
        assert np.array_equal(load_image(tmp_path / "print.jpg"), np.asarray(image.convert("RGB")))
