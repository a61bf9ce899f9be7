"""A small film as the pool would leave it: a plan, records of its takes, and their clips in a store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from flows.clips import HandOff
from flows.config import compose
from flows.media import jpeg_bytes, png_bytes, write_clip
from flows.planning.model import Clip, Plan, PlannedShot, Take, Totals
from flows.planning.moments import Moments, film_moments, planned_voices
from flows.settings import Settings
from flows.store import ClipRecord, Store, open_store
from flows.storyboard.model import Deliverable, Music, Soundtrack, Storyboard, Transition, Voiceover
from tests.flows.made import a_clip

FPS = 24.0
Paint = Callable[[str, int, int], np.ndarray]
"""Gives a clip's frames, uint8 `[F, H, W, 3]`, from its shot's id, the take's number and how many there are."""


@dataclass(frozen=True)
class ShotSpec:
    """A shot of the film: for each take its clips as (frames rendered, hidden first, kept)."""

    id: str
    clips: tuple[tuple[int, int, int], ...]
    transition: Transition = field(default_factory=Transition)
    scores: tuple[float, ...] = (0.5,)
    caption: str | None = None
    prompt: str = "a white paper boat moves left to right, over water at noon"


@cache
def shipped() -> Settings:
    """What is composed without a word."""
    return compose([]).settings


def settings_for(folder: Path) -> Settings:
    """Shipped settings for a film that is quickly edited, with store and outputs in the folder."""
    base = shipped()
    return replace(
        base,
        render=replace(base.render, attention="sdpa", device="cpu"),
        store=replace(base.store, address=str(folder / "store")),
        film=replace(base.film, outputs=folder / "outputs", subfolder=None, crf=6, preset="ultrafast", ffmpeg=None),
    )


def fingerprint_of(shot: str, take: int = 0, number: int = 0) -> str:
    return hashlib.sha256(f"{shot}/{take}/{number}".encode()).hexdigest()


def film_clip(spec: ShotSpec, take: int, number: int, geometry: tuple[int, int, int], size: tuple[int, int]) -> Clip:
    frames, skip, keep = geometry
    before = ((fingerprint_of(spec.id, take, number - 1),),)
    return a_clip(
        fingerprint_of(spec.id, take, number),
        variant="t2v-a14b" if skip == 0 else "i2v-a14b",
        prompt=spec.prompt,
        negative_prompt="blurry",
        width=size[0],
        height=size[1],
        num_frames=frames,
        seed=7 + take,
        fps=FPS,
        hand_off=HandOff(before) if number else None,
        skip_first=skip,
        keep=keep,
    )


def a_film(
    folder: Path,
    shots: list[ShotSpec],
    paint: Paint,
    *,
    size: tuple[int, int] = (32, 24),
    film_size: tuple[int, int] | None = None,
    music: Music | None = None,
    voices: tuple[Voiceover, ...] = (),
    deliver: tuple[Deliverable, ...] = (),
    title: str = "The small film",
) -> tuple[Plan, Mapping[str, ClipRecord], Store]:
    """The plan of `shots`, the records of all their takes, and the store that holds their clips."""
    store = open_store(str(folder / "store"))
    moments = film_moments([(spec.id, sum(keep for *_, keep in spec.clips), spec.transition) for spec in shots], FPS)
    planned = [_shot(spec, size, moments) for spec in shots]
    takes = {
        clip.fingerprint: _record(folder, store, clip, paint, spec, number)
        for spec, shot in zip(shots, planned, strict=True)
        for number, take in enumerate(shot.takes)
        for clip in take.clips
    }
    width, height = film_size or size
    storyboard = Storyboard(
        title=title,
        slug="the-small-film",
        path=folder / "film.yaml",
        scenes=(),
        soundtrack=Soundtrack(music, voices),
        deliver=deliver,
    )
    plan = Plan(
        title=title,
        slug="the-small-film",
        storyboard_digest="d1" * 32,
        width=width,
        height=height,
        fps=FPS,
        shots=tuple(planned),
        critical_path=(planned[0].id,),
        totals=Totals(len(planned), len(takes), 1, moments.num_frames, moments.seconds, 1.0, 2),
        assets={},
        warnings=("the tiny family does not know: 'unicorn'",),
        storyboard=storyboard,
        settings=settings_for(folder),
        voices=planned_voices(storyboard, moments),
    )
    return plan, takes, store


def _shot(spec: ShotSpec, size: tuple[int, int], moments: Moments) -> PlannedShot:
    takes = []
    for number in range(len(spec.scores)):
        clips = tuple(film_clip(spec, number, place, geometry, size) for place, geometry in enumerate(spec.clips))
        takes.append(
            Take(7 + number, clips[-1].fingerprint, "cached" if number else "new", "new shot", clips, number + 1)
        )
    return PlannedShot(
        id=spec.id,
        scene=spec.id.partition(".")[0],
        num_frames=sum(keep for _, _, keep in spec.clips),
        fps=FPS,
        takes=tuple(takes),
        depends_on=(),
        transition=spec.transition,
        estimated_seconds=1.0,
        start=moments.starts[spec.id],
        overlap=moments.overlaps[spec.id],
        caption=spec.caption,
    )


def _record(folder: Path, store: Store, clip: Clip, paint: Paint, spec: ShotSpec, take: int) -> ClipRecord:
    frames, score = paint(spec.id, take, clip.spec.num_frames), spec.scores[take]
    path = write_clip(frames, FPS, folder / "clip.mkv")
    return store.publish(
        ClipRecord(
            fingerprint=clip.fingerprint,
            video=store.put_file(path),
            latents=store.put_bytes(b"latents"),
            last_frame=store.put_bytes(png_bytes(frames[-1])),
            thumbnail=store.put_bytes(jpeg_bytes(frames[len(frames) // 2])),
            num_frames=len(frames),
            fps=FPS,
            width=clip.spec.width,
            height=clip.spec.height,
            seed=clip.spec.seed,
            scores={"quality": score, "sharpness": 0.61},
            seconds={"load": 1.2, "encode": 0.4, "denoise": 9.5, "decode": 1.9, "write": 0.2},
            peak_memory_bytes=700_000_000,
            worker="worker-1",
            created="2026-11-22T16:00:00+00:00",
        )
    )
