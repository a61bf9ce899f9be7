"""Colours of pictures that are not sRGB: embedded ICC profiles, gamma and primaries of PNG, HDR of PNG and AVIF."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.media.tone import BT709, TRANSFERS, WIDE, Corners, to_bt709

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsProfile

SEEN = 2
"""Levels of 255. A profile that changes no colour by more is sRGB, whatever it is called."""
USUAL_GAMMA, GAMMA_SEEN, CORNER_SEEN = 1 / 2.2, 0.01, 0.005
"""PNG's gamma of sRGB, and by how much gamma and primaries may be off."""
HEADER = 65536
"""Bytes in which a file says its colours."""


class Coding(NamedTuple):
    """Numbers of ITU-T H.273."""

    primaries: int
    transfer: int


def colours_of(image: Image, path: Path) -> str | None:
    """How the picture's colours are treated (a name of `flows.media.treated`); None where it is sRGB."""
    if _profile(image) is not None:
        return "profile"
    if "icc_profile" in image.info:
        return None
    coding = _coding(path)
    if coding is not None:
        return TRANSFERS.get(coding.transfer) or ("wide gamut" if coding.primaries in WIDE else None)
    return "gamma" if _own_gamma(image) is not None else None


def in_srgb(image: Image, path: Path) -> Image:
    """The picture as RGB or RGBA in sRGB; itself where it is that already."""
    treated = colours_of(image, path)
    if treated is None:
        return image
    plain = image.convert("RGBA") if image.has_transparency_data else image
    alpha = plain.getchannel("A") if plain.mode in ("RGBA", "LA") else None
    if treated == "profile":
        made = _by_profile(image, plain)
    elif treated == "gamma":
        made = _by_gamma(image, plain.convert("RGB"))
    else:
        made = _by_coding(path, plain.convert("RGB"))
    if alpha is not None:
        made.putalpha(alpha)
    return made


def _profile(image: Image) -> ImageCmsProfile | None:
    """The embedded profile, where it can be used and is not sRGB."""
    from PIL import Image as Pillow
    from PIL import ImageChops, ImageCms

    data = image.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        mode = _mode_of(profile)
        if mode is None or (mode == "CMYK") != (image.mode == "CMYK"):
            return None
        if mode == "CMYK":
            return profile
        steps = bytes(range(0, 256, 15))
        colours = [(r, g, b) for r in steps for g in steps for b in steps] if mode == "RGB" else list(range(256))
        sample = Pillow.new(mode, (len(colours), 1))
        sample.putdata(colours)
        changed = ImageChops.difference(_converted(sample, profile), sample.convert("RGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile is none, as for viewers
        return None
    return profile if max(changed.tobytes()) > SEEN else None


def _mode_of(profile: ImageCmsProfile) -> str | None:
    return {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(profile.profile.xcolor_space.strip())


def _by_profile(image: Image, plain: Image) -> Image:
    profile = _profile(image)
    assert profile is not None, "asked for by colours_of"
    return _converted(plain.convert(_mode_of(profile)), profile)


def _converted(image: Image, profile: ImageCmsProfile) -> Image:
    from PIL import ImageCms

    made = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert made is not None, "not in place"
    return made


def _own_gamma(image: Image) -> tuple[float, Corners] | None:
    """Gamma and primaries of a PNG that says them, and is not sRGB by them."""
    if image.format != "PNG" or "srgb" in image.info:
        return None
    gamma = float(image.info.get("gamma") or USUAL_GAMMA)
    white_first = image.info.get("chromaticity")
    corners: Corners = (*white_first[2:], *white_first[:2]) if white_first else BT709
    same = max(abs(one - two) for one, two in zip(corners, BT709, strict=True)) < CORNER_SEEN
    if (same and abs(gamma - USUAL_GAMMA) < GAMMA_SEEN) or not 0.05 < gamma < 20 or min(corners[1::2]) <= 0:
        return None
    return gamma, corners


def _by_gamma(image: Image, plain: Image) -> Image:
    import numpy as np
    from PIL import Image as Pillow

    own = _own_gamma(image)
    assert own is not None, "asked for by colours_of"
    gamma, corners = own
    light = (np.arange(256) / 255) ** (1 / gamma)
    matrix = to_bt709(corners).T
    pixels = np.asarray(plain)
    made = np.empty_like(pixels)
    for row, line in enumerate(pixels):  # line by line: large pictures in floats fill the memory
        made[row] = np.round(_srgb(np.clip(light[line] @ matrix, 0, 1)) * 255)
    return Pillow.fromarray(made)


def _srgb(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """IEC 61966-2-1."""
    import numpy as np

    return np.asarray(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))


def _coding(path: Path) -> Coding | None:
    """What PNG's `cICP` or AVIF's `nclx` says."""
    with path.open("rb") as file:
        head = file.read(HEADER)
    at = head.find(b"cICP") if head.startswith(b"\x89PNG") else -1
    if at > 0 and head[at - 4 : at] == b"\x00\x00\x00\x04" and at + 8 <= len(head):
        return Coding(head[at + 4], head[at + 5])
    at = head.find(b"colrnclx") if head[4:8] == b"ftyp" else -1
    return Coding(*struct.unpack_from(">HH", head, at + 8)) if 0 < at <= len(head) - 12 else None


def _by_coding(path: Path, plain: Image) -> Image:
    import numpy as np
    from PIL import Image as Pillow

    from flows.media.tone_graph import Tones

    coding = _coding(path)
    assert coding is not None, "asked for by colours_of"
    return Pillow.fromarray(Tones(plain.size, coding.transfer, coding.primaries).picture(np.asarray(plain)))
