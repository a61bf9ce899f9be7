"""Pictures on disk: what is read, how, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.errors import MediaError
from flows.media import jpeg_bytes, load_image, png_bytes, probe_image


def gradient(height: int = 40, width: int = 64) -> np.ndarray:
    across = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    down = np.linspace(255, 0, height)[:, None].repeat(width, 1)
    return np.stack([across, down, np.full_like(across, 90)], -1).astype(np.uint8)


def test_a_png_keeps_every_pixel(tmp_path: Path) -> None:
    frame = gradient()
    (tmp_path / "a.png").write_bytes(png_bytes(frame))
    assert np.array_equal(load_image(tmp_path / "a.png"), frame)
    assert probe_image(tmp_path / "a.png") == (64, 40, ())


def test_a_jpeg_can_be_made_smaller() -> None:
    with Image.open(io.BytesIO(jpeg_bytes(gradient(), width=32))) as image:
        assert image.size == (32, 20)


def test_a_picture_taken_sideways_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(gradient()).save(tmp_path / "side.png", exif=exif)
    assert probe_image(tmp_path / "side.png").size == (40, 64)
    assert np.array_equal(load_image(tmp_path / "side.png"), np.rot90(gradient(), -1))


def test_transparency_is_laid_over_white(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0] = (255, 0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    loaded = load_image(tmp_path / "a.png")
    assert loaded[0, 0].tolist() == [255, 0, 0]
    assert loaded[1, 1].tolist() == [255, 255, 255]


def test_a_16_bit_grey_keeps_its_range(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(tmp_path / "deep.png")
    assert load_image(tmp_path / "deep.png")[0, :, 0].tolist() == [0, 127, 255]


def test_text_named_png_is_not_a_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not a picture")
    with pytest.raises(MediaError, match=r"a\.png: not a picture"):
        probe_image(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_truncated_picture_is_found_by_probing(tmp_path: Path, kind: str) -> None:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, kind)
    (tmp_path / "cut").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    with pytest.raises(MediaError, match="broken picture"):
        probe_image(tmp_path / "cut")
    with pytest.raises(MediaError, match="broken picture"):
        load_image(tmp_path / "cut")


@pytest.mark.parametrize("side", [9_500, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    data = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + data)
    with pytest.raises(MediaError, match="too large"):
        probe_image(tmp_path / "bomb.png")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        probe_image(tmp_path / "none.png")
    with pytest.raises(MediaError, match=str(tmp_path)):
        probe_image(tmp_path)


def jpeg_header(width: int, height: int) -> bytes:
    """Of a grey JPEG of another size than the picture behind it."""
    buffer = io.BytesIO()
    Image.new("L", (16, 16), 128).save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def test_a_jpeg_of_a_phone_is_read_at_half_its_size(tmp_path: Path) -> None:
    Image.new("L", (12000, 9000), 90).save(tmp_path / "108.jpg", quality=20)
    facts = probe_image(tmp_path / "108.jpg")
    assert facts == (6000, 4500, ("scaled",))
    assert load_image(tmp_path / "108.jpg").shape == (4500, 6000, 3)


def test_a_jpeg_that_no_camera_makes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bomb.jpg").write_bytes(jpeg_header(60_000, 60_000))
    with pytest.raises(MediaError, match="60000x60000: too large") as refused:
        probe_image(tmp_path / "bomb.jpg")
    assert refused.value.fix == "scale it below 80 megapixels"


def test_pictures_of_numbers_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(8, 0)).save(tmp_path / "f.tif")
    Image.fromarray(np.arange(64, dtype=np.int32)[None].repeat(8, 0) * 4096).save(tmp_path / "i.tif")
    for name in ("f.tif", "i.tif"):
        with pytest.raises(MediaError, match="picture of numbers"):
            load_image(tmp_path / name)


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    heic = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic"
    (tmp_path / "photo.jpg").write_bytes(heic + bytes(64))
    with pytest.raises(MediaError, match=r"photo\.jpg: a HEIC photo, which is not read") as refused:
        load_image(tmp_path / "photo.jpg")
    assert refused.value.fix == "save it as PNG or JPEG"
    Image.fromarray(gradient()).save(tmp_path / "x.jp2")
    with pytest.raises(MediaError, match="a JPEG 2000 picture"):
        probe_image(tmp_path / "x.jp2")
