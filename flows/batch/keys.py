"""Whether a finished film is still the one that would be made: by everything that decides its files."""

from __future__ import annotations

import hashlib

from flows.planning import Plan

FORMAT = 1


def film_key(plan: Plan, ffmpeg: str) -> str:
    """sha256 (hex) of what decides the film, its captions and its deliverables: its clips and how they are shown, its
    sounds by digest, how it is coded, and by which ffmpeg."""
    shots = [
        (
            [[(clip.fingerprint, clip.fps, clip.skip_first, clip.keep) for clip in take.clips] for take in shot.takes],
            (shot.transition.kind, shot.transition.duration, shot.start, shot.overlap),
            (shot.num_frames, shot.caption, shot.id),
        )
        for shot in plan.shots
    ]
    digests = {path: digest for digest, path in plan.assets.items()}
    sound = plan.storyboard.soundtrack
    music = sound.music
    bed = music and (
        digests.get(str(music.file)),
        music.gain_db,
        music.fade_in,
        music.fade_out,
        music.duck,
    )
    voices = [(digests.get(str(voice.file)), voice.at, voice.gain_db) for voice in plan.voices]
    coded = plan.settings.film.crf, plan.settings.film.preset
    deliver = [(item.name, str(item.size), item.fps, item.aspect, item.video) for item in plan.storyboard.deliver]
    film = plan.title, plan.width, plan.height, plan.fps
    decided = (FORMAT, ffmpeg, film, shots, bed, voices, coded, deliver)
    return hashlib.sha256(repr(decided).encode()).hexdigest()
