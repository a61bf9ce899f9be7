"""Whether an ffmpeg can do what a film asks of it, known before anything is rendered."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from pathlib import Path

from flows.codecs import CODECS
from flows.edit.deliverables import FILM
from flows.edit.failures import FIX
from flows.edit.process import ffmpeg_version, find_ffmpeg
from flows.errors import EnvironmentProblem
from flows.planning.model import Plan
from flows.transitions import TRANSITIONS


def check_ffmpeg(plan: Plan, *others: Plan) -> None:
    """Raises EnvironmentProblem if there is no ffmpeg, or if it has no such transition or encoder as one of the films
    needs, all of them with the same settings."""
    binary, plans = find_ffmpeg(plan.settings.film), (plan, *others)
    lacking = [
        *_transitions_lacking(binary, {shot.transition.kind for each in plans for shot in each.shots if shot.overlap}),
        *_encoders_lacking(binary, {item.video for each in plans for item in (FILM, *each.storyboard.deliver)}),
    ]
    if lacking:
        raise EnvironmentProblem(
            f"{binary} (ffmpeg {ffmpeg_version(binary)}) cannot do what the film needs: {'; '.join(lacking)}\n    {FIX}"
        )


def _transitions_lacking(binary: Path, kinds: Collection[str]) -> list[str]:
    blends = {kind: blend for kind in sorted(kinds) if (blend := TRANSITIONS[kind].xfade) is not None}
    known = _help(binary, "filter=xfade").split() if blends else ()
    return [f"transition {kind}" for kind, blend in blends.items() if blend not in known]


def _encoders_lacking(binary: Path, codecs: Collection[str]) -> list[str]:
    asked = {
        str(encoder): name
        for name in sorted(codecs)
        for encoder in (CODECS[name].options["c:v"], CODECS[name].sound["c:a"])
    }
    return [
        f"{codec} (encoder {encoder})"
        for encoder, codec in asked.items()
        if not _help(binary, f"encoder={encoder}").startswith(f"Encoder {encoder} ")
    ]


def _help(binary: Path, topic: str) -> str:
    """The help that it has on a topic; of one that it does not know it says so."""
    command = [str(binary), "-hide_banner", "-h", topic]
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentProblem(f"ffmpeg does not run: {binary}: {error}; {FIX}") from error
