"""From what a shot says and inherits to a `Shot`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.storyboard.inherit import inherited, look_of
from flows.storyboard.language import DISSOLVE_SECONDS, MAX_SEED, VIDEO_STRENGTH
from flows.storyboard.model import (
    Anchor,
    Continuity,
    ContinuityKind,
    Control,
    GuidanceOverride,
    Lora,
    Motion,
    SamplingOverride,
    Shot,
    Transition,
    VideoToVideo,
)
from flows.storyboard.motion import MOTION_VIDEOS, motion_mistakes
from flows.storyboard.names import Index
from flows.storyboard.nodes import Text
from flows.storyboard.problems import Problems
from flows.storyboard.prompts import Prompts
from flows.storyboard.records import Values
from flows.storyboard.words import CONTINUITY, PREVIOUS
from flows.words import count
from wan.variants.sizes import FRAMES_A_LATENT

_JOINED = ("style", "camera", "lighting", "lens", "palette")
_NO_SAMPLING = SamplingOverride()
_CUT = Transition()


@dataclass(frozen=True, slots=True)
class Level:
    """What the shots of one scene inherit."""

    scene: str
    shots: Sequence[str]
    setting: Text | None
    look: Mapping[str, Text]
    defaults: Values | None
    first: bool


@dataclass(frozen=True, slots=True)
class ShotBuilder:
    """Makes shots; problems go where the file's problems go."""

    prompts: Prompts
    index: Index
    problems: Problems

    def build(self, level: Level, number: int, own: Values) -> Shot:
        """Shot `number` (from 0) of a scene."""
        full = level.shots[number]
        values = inherited(level.defaults, own)
        look = {**level.look, **look_of(own, self.problems)}
        prompt, cast = self._prompt(level, own, look)
        negative, negative_cast = self.prompts.with_cast(look["negative"]) if "negative" in look else (None, ())
        seen = {member.id: member for member in (*cast, *negative_cast)}
        get = values.values.get
        caption: Text | None = get("caption")
        camera = look.get("camera")
        shot = Shot(
            id=full.rpartition(".")[2],
            scene=level.scene,
            place=own.node.place,
            places=values.places,
            prompt=prompt,
            negative_prompt=negative,
            duration=get("duration"),
            variant=get("variant", "auto"),
            image=get("image"),
            end_image=get("end_image"),
            audio=get("audio"),
            motion=self._motion(get("motion"), speaks=get("audio") is not None),
            control=self._control(get("control")),
            video=_video(get("video")),
            seed=get("seed"),
            takes=get("takes", 1),
            take=get("take"),
            continuity=self._continuity(level, number, own, values),
            anchor=_anchor(get("anchor")),
            transition=self._transition(level, number, own, values),
            sampling=_sampling(get("sampling")),
            loras=self._loras(get("loras")),
            caption=(self.prompts.fill(caption) or "").strip() or None if caption else None,
            cast=tuple(seen.values()),
            camera=self.prompts.with_cast(camera)[0] if camera else None,
            extend=get("extend", True),
            words=own.get("prompt").value.strip() if own.get("prompt") else "",
        )
        if shot.seed is not None and shot.seed + shot.takes - 1 > MAX_SEED:
            self.problems.add(shot.where("seed"), "seed + takes is larger than a seed can be", "take a smaller seed")
        if shot.take is not None and shot.take > shot.takes:
            fix = f"write a number from 1 to {shot.takes}" if shot.takes > 1 else f"write takes: {shot.take}, or more"
            self.problems.add(
                shot.where("take"), f"take {shot.take} is chosen, and the shot has {count(shot.takes, 'take')}", fix
            )
        return shot

    def _prompt(self, level: Level, own: Values, look: Mapping[str, Text]) -> tuple[str, tuple[Any, ...]]:
        prompt: Text | None = own.get("prompt")
        if prompt is None:
            return "", ()
        if not prompt.value.strip():
            self.problems.add(prompt, "prompt is empty", "say what is seen")
            return "", ()
        parts = [prompt, level.setting, *(look.get(key) for key in _JOINED)]
        return self.prompts.join([part for part in parts if part is not None])

    def _continuity(self, level: Level, number: int, own: Values, values: Values) -> Continuity | None:
        written = values.get("continuity")
        if not isinstance(written, Values):
            return None
        by: ContinuityKind = written.get("by") or "last_frame"
        frames: int | None = written.get("frames")
        if frames is not None and by != "overlap":
            fix = "remove it, or write by: overlap"
            self.problems.add(written.places["frames"], "frames is only for `by: overlap`", fix)
        elif frames is not None and frames % FRAMES_A_LATENT != 1:
            below = frames - (frames - 1) % FRAMES_A_LATENT
            message = f"{frames} frames are no whole latents: the first stands alone, then {FRAMES_A_LATENT} are one"
            fix = f"write {f'{below} or ' if below > 1 else ''}{below + FRAMES_A_LATENT}"
            self.problems.add(written.places["frames"], message, fix)
        source: Text | None = written.get("from")
        if "from" in written.places and source is None:
            return None
        full = level.shots[number]
        if source is None or source.value == PREVIOUS:
            upstream = self._previous(level, number, own, source or written.node)
        elif source.value in CONTINUITY and source.value not in self.index.bare:
            message = f"there is no shot '{source.value}': it is a way to go on from one"
            self.problems.add(source, message, f"write continuity: {{by: {source.value}}}")
            return None
        else:
            upstream = self.index.look_up(source, self.problems, never=full, words=(PREVIOUS,) if number else ())
        if upstream == full:
            self.problems.add(source or written.node, "a shot cannot continue itself", "name another shot")
            return None
        return Continuity(upstream, by, frames) if upstream else None

    def _previous(self, level: Level, number: int, own: Values, at: Any) -> str | None:
        if number > 0:
            return level.shots[number - 1]
        if "continuity" in own.places:
            fix = "name the shot: continuity: {from: scene.shot}"
            self.problems.add(at, "this is the first shot of its scene: there is no previous one", fix)
        return None

    def _transition(self, level: Level, number: int, own: Values, values: Values) -> Transition:
        written = values.get("transition")
        if not isinstance(written, Values):
            return _CUT
        kind, duration = written.get("kind"), written.get("duration")
        if kind is None and "kind" in written.places:
            return _CUT
        if kind is None:
            kind = "dissolve" if duration else "cut"
        if level.first and number == 0:
            if "transition" in own.places and kind != "cut":
                fix = "a transition goes into its shot from the one before: remove it here"
                self.problems.add(values.places["transition"], "the film's first shot has nothing to come from", fix)
            return _CUT
        return self._timed(kind, duration, written)

    def _timed(self, kind: str, duration: float | None, written: Values) -> Transition:
        if kind == "cut":
            if duration:
                fix = "remove duration, or write kind: dissolve"
                self.problems.add(written.places["duration"], "a cut has no duration", fix)
            return _CUT
        if duration == 0:
            message = f"a {kind} of 0 s is a cut"
            self.problems.add(written.places["duration"], message, "write kind: cut, or a duration")
            return _CUT
        return Transition(kind, DISSOLVE_SECONDS if duration is None else duration)

    def _motion(self, written: Values | None, *, speaks: bool) -> Motion | None:
        if written is None:
            return None
        for key, message, fix in motion_mistakes(written, speaks=speaks):
            self.problems.add(written.places.get(key, written.node), message, fix)
        replaces = "background" in written.places and "mask" in written.places
        return Motion(
            mode=written.get("mode") or ("replace" if replaces else "animate"),
            retarget=bool(written.get("retarget")),
            **{name: written.get(name) for name in MOTION_VIDEOS},
        )

    def _control(self, written: Values | None) -> Control | None:
        if written is None:
            return None
        if not written.places:
            self.problems.add(written.node, "control is empty", "give a video, references, or both")
        if "mask" in written.places and "video" not in written.places:
            self.problems.add(written.places["mask"], "a mask needs the video it masks", "add video:")
        references = tuple(path for _, path in written.get("references") or ())
        scale = written.get("scale")
        return Control(written.get("video"), written.get("mask"), references, 1.0 if scale is None else scale)

    def _loras(self, written: Sequence[tuple[Any, Values]] | None) -> tuple[Lora, ...]:
        loras = tuple(_lora(value) for _, value in written or () if value.get("name"))
        seen: set[tuple[str, str]] = set()
        for lora in loras:
            experts = ("high", "low") if lora.expert == "both" else (lora.expert,)
            if any((lora.key, expert) in seen for expert in experts):
                message = f"the LoRA {lora.name} is laid on the same expert twice"
                self.problems.add(lora.place, message, "name it once; its weights would add up")
            seen |= {(lora.key, expert) for expert in experts}
        return loras


def _sampling(written: Values | None) -> SamplingOverride:
    if written is None:
        return _NO_SAMPLING
    guidance: Values | None = written.get("guidance_scale")
    scale = GuidanceOverride(guidance.get("high"), guidance.get("low")) if guidance else GuidanceOverride()
    return SamplingOverride(
        num_inference_steps=written.get("num_inference_steps"),
        guidance_scale=scale,
        flow_shift=written.get("flow_shift"),
        solver=written.get("solver"),
        boundary_ratio=written.get("boundary_ratio"),
    )


def _anchor(written: Values | str | None) -> Anchor | None:
    if isinstance(written, Values):
        return Anchor(written.get("strength"), written.get("to"))
    return None if written is None else Anchor(strength=0.0)


def _video(written: Values | None) -> VideoToVideo | None:
    if written is None or written.get("file") is None:
        return None
    return VideoToVideo(written.get("file"), written.get("strength") or VIDEO_STRENGTH)


def _lora(written: Values) -> Lora:
    name: Text
    file: Path | None
    name, file = written.get("name")
    weight = written.get("weight")
    return Lora(name.value, 1.0 if weight is None else weight, written.get("expert") or "both", file, name.place)
