"""Still pictures: what size a file has, its pixels, and pixels as PNG or JPEG bytes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.errors import MediaError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")
"""Pillow's names of the formats that are read. EPS and others, which run programs, are not."""

MAX_PIXELS = 80_000_000
"""A larger picture is refused: cameras do not make them, decompression bombs do. Below Pillow's own limit."""


class PictureSize(NamedTuple):
    """Pixels as they are seen: after the rotation that the camera noted."""

    width: int
    height: int


def probe_image(path: Path) -> PictureSize:
    """The size of the picture in `path`. Decodes it once, so a truncated file is found now and not on a GPU.

    Raises `MediaError` for what is no picture, is broken, or is too large to be one.
    """
    with _opened(path) as image:
        width, height = image.size
        image.draft("RGB", (width // 8, height // 8))  # JPEG decodes at an eighth of the size: same check, quicker
        image.load()
        if image.getexif().get(0x0112) in (5, 6, 7, 8):  # EXIF orientation: lying on its side
            width, height = height, width
        return PictureSize(width, height)


def load_image(path: Path) -> npt.NDArray[np.uint8]:
    """The picture as uint8 RGB `[H, W, 3]`: turned upright by its EXIF orientation, transparency laid over white.

    An animation gives its first frame. Colour profiles are not applied: values are taken as sRGB. Raises `MediaError`.
    """
    import numpy as np
    from PIL import ImageOps

    with _opened(path) as image:
        image.load()
        return np.array(_flat(ImageOps.exif_transpose(image)), dtype=np.uint8)


def png_bytes(frame: npt.NDArray[np.uint8]) -> bytes:
    """A uint8 RGB frame `[H, W, 3]` as a PNG file's bytes, lossless."""
    return _encoded(frame, "PNG", compress_level=6)


def jpeg_bytes(frame: npt.NDArray[np.uint8], *, width: int | None = None, quality: int = 88) -> bytes:
    """A uint8 RGB frame `[H, W, 3]` as a JPEG file's bytes, scaled to `width` pixels if that is given."""
    import numpy as np
    from PIL import Image

    if width is not None and width != frame.shape[1]:
        height = max(1, round(frame.shape[0] * width / frame.shape[1]))
        frame = np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS))
    return _encoded(frame, "JPEG", quality=quality, subsampling=0, optimize=True)


def _encoded(frame: npt.NDArray[np.uint8], kind: str, **options: int | bool) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, kind, **options)
    return buffer.getvalue()


def _flat(image: Image) -> Image:
    """RGB without transparency; 16-bit greys keep their range (Pillow's own conversion would clip them to white)."""
    import numpy as np
    from PIL import Image as Pillow

    if image.mode.startswith("I"):
        image = Pillow.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        return Pillow.alpha_composite(Pillow.new("RGBA", coloured.size, "white"), coloured).convert("RGB")
    return image.convert("RGB")


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    from PIL import Image, UnidentifiedImageError

    # One lasting filter and not a context: contexts of warnings are not safe among threads.
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise MediaError(f"{path}: {image.width}x{image.height} is too large (at most {MAX_PIXELS:,} pixels)")
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaError(f"{path}: too large for a picture (at most {MAX_PIXELS:,} pixels)") from error
    except FileNotFoundError:
        raise MediaError(f"{path}: there is no such file") from None
    except UnidentifiedImageError:
        raise MediaError(f"{path}: not a picture; readable are {', '.join(FORMATS)}") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # Pillow's plugins raise all of these
        raise MediaError(f"{path}: a broken picture ({error})") from error
