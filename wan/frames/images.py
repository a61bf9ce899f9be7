"""Pictures as the models get them: float [-1, 1], resized as the reference does for each variant.

Source: Wan-Video/Wan2.2, commit 42bf4cf. Every function takes uint8 RGB `[H, W, 3]` and gives fp32 `[3, 1, H, W]`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image as PillowImage

from wan.frames.geometry import is_rounding_of
from wan.request import Image, Size


def fit_image(image: Image, size: Size, multiple: int | None = None) -> torch.Tensor:
    """For films: crop the centre to the aspect of `size`, then resize as I2V does.

    With the aspect already right (to within a pixel) nothing is cropped; nor where `size` is what the reference's rule
    rounds the image's to, in multiples of `multiple`: then the result is the reference's, a little stretched.
    """
    rows, columns = image.shape[:2]
    if multiple is not None and is_rounding_of((columns, rows), size, multiple):
        return resize_bicubic(image, size)
    return resize_bicubic(crop_to_aspect(image, size), size)


def crop_to_aspect(image: Image, size: Size) -> Image:
    """The largest centred part of the image whose aspect is that of `size` (width, height)."""
    rows, columns = image.shape[:2]
    width, height = size
    wanted_columns = min(columns, round(rows * width / height))
    wanted_rows = min(rows, round(columns * height / width))
    top, left = (rows - wanted_rows) // 2, (columns - wanted_columns) // 2
    return image[top : top + max(wanted_rows, 1), left : left + max(wanted_columns, 1)]


def resize_bicubic(image: Image, size: Size) -> torch.Tensor:
    """I2V: bicubic in float (a = −0.75, no antialiasing, no clamp), aspect not kept."""
    width, height = size
    pixels = _to_float(image).permute(2, 0, 1)[None]
    return F.interpolate(pixels, size=(height, width), mode="bicubic").transpose(0, 1)


def cover_lanczos(image: Image, size: Size) -> torch.Tensor:
    """TI2V: Pillow's Lanczos until the image covers the size, then the centre."""
    width, height = size
    rows, columns = image.shape[:2]
    scale = max(width / columns, height / rows)
    picture = PillowImage.fromarray(image)
    picture = picture.resize((round(columns * scale), round(rows * scale)), PillowImage.Resampling.LANCZOS)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return _to_video(np.asarray(picture.crop((left, top, left + width, top + height))))


def cover_short_side(image: Image, size: Size, *, bars: bool = False) -> torch.Tensor:
    """S2V: the shorter side becomes that of `size` (Pillow's bilinear), then the centre.

    Where that is too small, the image is made as large as covers `size`; `bars` leaves black there, as the reference.
    """
    rows, columns = image.shape[:2]
    new_rows, new_columns = _covering_size(rows, columns, size, bars)
    picture = PillowImage.fromarray(image).resize((new_columns, new_rows), PillowImage.Resampling.BILINEAR)
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    return _to_video(_centre(pixels, size).permute(1, 2, 0).numpy())


def pose_frames(frames: npt.NDArray[np.uint8], size: Size, *, bars: bool = False) -> torch.Tensor:
    """S2V's pose video, uint8 `[T, H, W, 3]` → fp32 `[3, T, H, W]`: `cover_short_side` in float; `bars` are 0."""
    pixels = _to_float(frames).permute(0, 3, 1, 2)
    rows, columns = _covering_size(pixels.shape[2], pixels.shape[3], size, bars)
    pixels = F.interpolate(pixels, size=(rows, columns), mode="bilinear", antialias=True)
    return _centre(pixels, size).transpose(0, 1).contiguous()


def to_pixels(video: torch.Tensor) -> npt.NDArray[np.uint8]:
    """A decoded video, `[1, 3, F, H, W]` in [−1, 1] → uint8 `[F, H, W, 3]`, rounded to the nearest level."""
    levels = video[0].float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 3, 0).cpu().numpy())


def _to_float(image: npt.NDArray[np.uint8]) -> torch.Tensor:
    # the same operations in the same order as torchvision's to_tensor().sub_(0.5).div_(0.5)
    return torch.from_numpy(np.array(image)).float().div(255).sub_(0.5).div_(0.5)


def _to_video(image: npt.NDArray[np.uint8]) -> torch.Tensor:
    return _to_float(image).permute(2, 0, 1)[:, None].contiguous()


def _covering_size(rows: int, columns: int, size: Size, bars: bool) -> tuple[int, int]:
    width, height = size
    new_rows, new_columns = _short_side_size(rows, columns, min(size))
    if bars or (new_rows >= height and new_columns >= width):
        return new_rows, new_columns
    scale = max(width / columns, height / rows)
    return max(height, round(rows * scale)), max(width, round(columns * scale))


def _short_side_size(rows: int, columns: int, side: int) -> tuple[int, int]:
    if rows <= columns:
        return side, int(side * columns / rows)
    return int(side * rows / columns), side


def _centre(pixels: torch.Tensor, size: Size) -> torch.Tensor:
    """Crop or zero-pad `[..., H, W]` around its centre; a crop's offset is rounded half to even, as torchvision's."""
    width, height = size
    rows, columns = pixels.shape[-2:]
    lack_x, lack_y = max(width - columns, 0), max(height - rows, 0)
    pixels = F.pad(pixels, (lack_x // 2, (lack_x + 1) // 2, lack_y // 2, (lack_y + 1) // 2))
    top = round((pixels.shape[-2] - height) / 2)
    left = round((pixels.shape[-1] - width) / 2)
    return pixels[..., top : top + height, left : left + width]
