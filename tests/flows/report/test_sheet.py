"""The contact sheet: one frame of every rendered shot, of the take that is in the film."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.planning.choice import Choice
from flows.report import contact_sheet
from flows.report.sheet import ACCENT, CELL, GAP, LABEL, cells_of
from tests.flows.edit.films import ShotSpec, a_film, fingerprint_of


def paint(shot: str, take: int, frames: int) -> np.ndarray:
    return np.full((frames, 24, 32, 3), 40 * int(shot[-1]) + 20 * take, np.uint8)


def cell(sheet: Image.Image, column: int, row: int) -> int:
    height = round(CELL * 24 / 32)
    left, top = GAP + column * (CELL + GAP) + CELL // 2, GAP + row * (height + LABEL + GAP) + height // 2
    return sheet.convert("L").getpixel((left, top))  # type: ignore[return-value]


def test_every_shot_has_its_place(tmp_path: Path) -> None:
    shots = [ShotSpec(f"a.s{k}", ((3, 0, 3),)) for k in range(5)]
    sheet = Image.open(io.BytesIO(contact_sheet(*a_film(tmp_path, shots, paint))))
    assert sheet.format == "PNG"
    shown = [cell(sheet, k % 4, k // 4) for k in range(5)]
    assert shown == pytest.approx([40 * k for k in range(5)], abs=2)


def test_every_take_is_there_with_its_score_and_the_chosen_one_says_who_chose_it(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, [ShotSpec("a.s1", ((3, 0, 3),), scores=(0.1, 0.3, 0.2))], paint)
    cells = cells_of(plan, takes, store)
    assert [(cell.number, cell.chosen, cell.said) for cell in cells] == [
        (1, False, "0.100"),
        (2, True, "0.300, best score"),
        (3, False, "0.200"),
    ]
    shot = plan.shots[0]
    picked = replace(shot, takes=shot.takes[2:], others=shot.takes[:2], choice=Choice("pick", "ann", "2026-12-01"))
    for take in takes.values():
        store.publish(take)
    plan = replace(plan, shots=(picked,))
    only = {name: takes[name] for name in [picked.takes[0].fingerprint]}
    cells = cells_of(plan, only, store)
    assert [(cell.number, cell.chosen, cell.said) for cell in cells] == [
        (2, False, "0.300"),
        (3, True, "0.200, chosen by ann"),
    ], "take 1 was never rendered, as its plan says"
    sheet = Image.open(io.BytesIO(contact_sheet(plan, only, store)))
    assert sheet.convert("RGB").getpixel((GAP + CELL + GAP - 3, GAP + 40)) == pytest.approx(ACCENT, abs=3), "a frame"


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
