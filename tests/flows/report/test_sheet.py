"""The contact sheet: one frame of every rendered shot, of the take that is in the film."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.report import contact_sheet
from flows.report.sheet import CELL, GAP, LABEL
from tests.flows.edit.films import ShotSpec, a_film, fingerprint_of


def paint(shot: str, take: int, frames: int) -> np.ndarray:
    return np.full((frames, 24, 32, 3), 40 * int(shot[-1]) + 20 * take, np.uint8)


def cell(sheet: Image.Image, column: int, row: int) -> int:
    height = round(CELL * 24 / 32)
    left, top = GAP + column * (CELL + GAP) + CELL // 2, GAP + row * (height + LABEL + GAP) + height // 2
    return sheet.convert("L").getpixel((left, top))  # type: ignore[return-value]


def test_every_shot_has_its_place_and_its_chosen_take(tmp_path: Path) -> None:
    shots = [ShotSpec(f"a.s{k}", ((3, 0, 3),), scores=(0.1, 0.2)) for k in range(5)]
    sheet = Image.open(io.BytesIO(contact_sheet(*a_film(tmp_path, shots, paint))))
    assert sheet.format == "PNG"
    shown = [cell(sheet, k % 4, k // 4) for k in range(5)]
    assert shown == pytest.approx([40 * k + 20 for k in range(5)], abs=2)


def test_shots_that_are_not_rendered_are_left_out(tmp_path: Path) -> None:
    shots = [ShotSpec(f"a.s{k}", ((3, 0, 3),)) for k in range(3)]
    plan, takes, store = a_film(tmp_path, shots, paint)
    only = {fingerprint_of("a.s1"): takes[fingerprint_of("a.s1")]}
    sheet = Image.open(io.BytesIO(contact_sheet(plan, only, store)))
    assert sheet.width == 2 * GAP + CELL
    assert cell(sheet, 0, 0) == pytest.approx(40, abs=2)
    with pytest.raises(ValueError, match="nothing to show"):
        contact_sheet(plan, {}, store)


def test_a_picture_of_another_shape_is_cropped_not_squeezed(tmp_path: Path) -> None:
    def striped(shot: str, take: int, frames: int) -> np.ndarray:
        """Grey, but for white strips at the left and the right, which a square cut from 2:1 loses."""
        video = np.full((frames, 24, 48, 3), 40, np.uint8)
        video[:, :, :8] = video[:, :, -8:] = 255
        return video

    plan, takes, store = a_film(tmp_path, [ShotSpec("a.s1", ((3, 0, 3),))], striped)
    sheet = Image.open(io.BytesIO(contact_sheet(replace(plan, width=24, height=24), takes, store))).convert("L")
    for left in (GAP + 24, GAP + CELL - 24):
        assert sheet.getpixel((left, GAP + CELL // 2)) == pytest.approx(40, abs=12)
