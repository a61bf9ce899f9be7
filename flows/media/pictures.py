"""Still pictures: what size a file has, its pixels, and pixels as PNG or JPEG bytes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.errors import MediaError
from flows.formats import CONVERT, LONGEST, MOST_PIXELS, PICTURES, TOO_LARGE, foreign, picture_fault
from flows.media.profiles import colours_of, in_srgb

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

EIGHTH = 8
"""The smallest part of its size that JPEG is decoded at."""


class PictureFacts(NamedTuple):
    """Pixels as they are seen, after the rotation that the camera noted; how it is treated (`flows.media.treated`)."""

    width: int
    height: int
    treated: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


def probe_image(path: Path) -> PictureFacts:
    """Size and treatment of the picture in `path`. Decodes it once, so a truncated file is found now and not on a GPU.

    Raises `MediaError` for what is no picture, is broken, holds no levels of grey or colour, or is too large.
    """
    with _opened(path) as image:
        scale = _scale(image)
        width, height = (-(-side // scale) for side in image.size)
        treated = (*(("scaled",) if scale > 1 else ()), *filter(None, [colours_of(image, path)]))
        _decode_smaller(image, "RGB", EIGHTH)  # the same check of a JPEG, quicker
        image.load()
        if image.getexif().get(0x0112) in (5, 6, 7, 8):  # EXIF orientation: lying on its side
            width, height = height, width
        return PictureFacts(width, height, treated)


def load_image(path: Path) -> npt.NDArray[np.uint8]:
    """The picture as uint8 RGB `[H, W, 3]` in sRGB: turned upright by its EXIF orientation, transparency laid over
    white.

    An animation gives its first frame. A JPEG of more than `MOST_PIXELS` is decoded at a half, quarter or eighth of its
    size. Embedded colour profiles, and what PNG and AVIF say of their colours, are converted to sRGB; without them
    values are taken as sRGB. Raises `MediaError`.
    """
    import numpy as np
    from PIL import ImageOps

    with _opened(path) as image:
        scale = _scale(image)
        if scale > 1:
            _decode_smaller(image, image.mode, scale)
        image.load()
        ImageOps.exif_transpose(image, in_place=True)  # as everything here: large pictures have few copies
        return np.array(_flat(in_srgb(_eight_bits(image), path)), dtype=np.uint8)


def _decode_smaller(image: Image, mode: str, scale: int) -> None:
    """Ask a JPEG's decoder for a part of the size; other formats have none."""
    image.draft(mode, (max(1, image.width // scale), max(1, image.height // scale)))


def _scale(image: Image) -> int:
    """By how much the picture is to be decoded smaller; only JPEG can be."""
    pixels, scale = image.width * image.height, 1
    while pixels > MOST_PIXELS * scale**2 and scale < EIGHTH:
        scale *= 2
    return scale


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


def _eight_bits(image: Image) -> Image:
    """16-bit greys keep their range (Pillow's own conversion would clip them to white)."""
    import numpy as np
    from PIL import Image as Pillow

    if not image.mode.startswith("I"):
        return image
    made = Pillow.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    made.info, made.format = image.info, image.format
    return made


def _flat(image: Image) -> Image:
    """RGB without transparency."""
    from PIL import Image as Pillow

    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        return Pillow.alpha_composite(Pillow.new("RGBA", coloured.size, "white"), coloured).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    from PIL import Image, UnidentifiedImageError

    # One lasting filter and not a context: contexts of warnings are not safe among threads.
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    try:
        with _image(path) as image:
            fault = picture_fault(image.format, image.mode, image.size, getattr(image, "tag_v2", {}))
            if fault is not None:
                raise MediaError(f"{path} {fault.message}", fault.fix)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaError(f"{path}: too large for a picture", TOO_LARGE) from error
    except FileNotFoundError:
        raise MediaError(f"{path}: there is no such file") from None
    except UnidentifiedImageError:
        raise _no_picture(path) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # Pillow's plugins raise all of these
        raise MediaError(f"{path}: a broken picture ({error})") from error


def _image(path: Path) -> Image:
    """The picture, its header read. A JPEG may be larger than Pillow takes others for a bomb: it is decoded smaller."""
    from PIL import Image as Pillow
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        return Pillow.open(path, formats=PICTURES)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        with path.open("rb") as file:
            if file.read(3) != b"\xff\xd8\xff":
                raise
        return JpegImageFile(path)


def _no_picture(path: Path) -> MediaError:
    with path.open("rb") as file:
        name = foreign(file.read(LONGEST))
    if name is not None:
        return MediaError(f"{path}: {name}, which is not read", CONVERT["image"])
    return MediaError(f"{path}: not a picture; readable are {', '.join(PICTURES)}")
