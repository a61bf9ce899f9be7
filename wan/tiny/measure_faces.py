"""The tiny S2V's bar: do mouths of faces that training never saw open with sounds that it never heard?"""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import Tensor

from wan.request import Audio
from wan.tiny import captions, faces, sounds
from wan.tiny.draw import to_frames
from wan.tiny.judge_faces import read_mouth
from wan.tiny.measure import SEED, psnr
from wan.tiny.render import FamilyRenderer
from wan.tiny.world import FPS
from wan.variants.s2v.clips import clip_lengths

PIECE = 32
MOST_OFFSET = 4
"""Frames by which mouths may be tried against the sound, to see where they fit best."""


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's, of two curves; 0 when one of them is flat."""
    a, b = a.double() - a.double().mean(), b.double() - b.double().mean()
    scale = float(a.norm() * b.norm())
    return float(a @ b) / scale if scale > 1e-9 else 0.0


def best_offset(mouth: Tensor, loud: Tensor) -> int:
    """By how many frames the mouth is late (negative: early), where it fits the loudness best."""

    def at(offset: int) -> float:
        late, early = max(offset, 0), max(-offset, 0)
        return correlation(mouth[late : len(mouth) - early], loud[early : len(loud) - late])

    return max(range(-MOST_OFFSET, MOST_OFFSET + 1), key=at)


def unseen_faces(count: int) -> list[faces.FaceStaging]:
    """Faces in looks held out of training."""
    rng = random.Random(SEED)
    looks = [look for look in faces.all_looks() if faces.is_held_out(look)]
    return [faces.stage_face(rng.choice(looks), SEED + i) for i in range(count)]


def made_sound(seed: int, seconds: float) -> Audio:
    """A made-up sound that training never heard."""
    return Audio(sounds.make_sounds(1, seconds, seed)[0].numpy().astype(np.float32), sounds.RATE)


def speak(renderer: FamilyRenderer, face: faces.FaceStaging, audio: Audio, seed: int) -> tuple[Tensor, Tensor]:
    """The shot in which the face says it `[F, H, W, 3]`, and the picture it was made from `[H, W, 3]`."""
    picture = to_frames(faces.draw_faces([face], torch.zeros(1, 1))[0])[0, 0]
    frames = int(audio.seconds * FPS)
    place, light = captions.PLACE_PHRASES[face.look.place][0], captions.LIGHT_PHRASES[face.look.light][0]
    clips = clip_lengths(frames, PIECE)
    shot = renderer.render_shot(clips, prompt=f"a paper toy, {place} {light}", seed=seed, image=picture, audio=audio)
    return shot[:frames], torch.from_numpy(picture)


def measure_speech(renderer: FamilyRenderer, audios: list[Audio]) -> dict[str, float]:
    """One face a sound: correlation of mouth and loudness over the whole shot, in its second clip alone, and in its
    last frames; the largest offset; how many faces the judge lost; how near the first frame is to the picture, in dB.
    """
    whole, second, last, offsets, firsts, lost = [], [], [], [], [], 0
    for number, (face, audio) in enumerate(zip(unseen_faces(len(audios)), audios, strict=True)):
        shot, picture = speak(renderer, face, audio, SEED + number)
        firsts.append(psnr(shot[0], picture))
        mouth = read_mouth(shot)
        if mouth is None:
            lost += 1
            continue
        loud = sounds.loudness(torch.from_numpy(audio.samples), audio.sample_rate, len(mouth))
        clips = clip_lengths(len(mouth), PIECE)
        whole.append(correlation(mouth, loud))
        offsets.append(best_offset(mouth, loud))
        if len(clips) > 1:
            start, length = clips[1]
            second.append(correlation(mouth[start : start + length], loud[start : start + length]))
            last.append(correlation(mouth[-PIECE:], loud[-PIECE:]))
    return {
        "shots": float(len(audios)),
        "lost": float(lost),
        "correlation": _mean(whole),
        "correlation_lowest": min(whole, default=0.0),
        "correlation_second_clip": _mean(second),
        "correlation_last_frames": _mean(last),
        "offset_largest": float(max((abs(offset) for offset in offsets), default=MOST_OFFSET)),
        "first_frame_db": _mean(firsts),
    }


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
