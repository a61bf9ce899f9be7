"""One clip of a shot as ComfyUI's nodes: loaders, words, pictures, samplers. What all variants share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from flows.clips import HandOff
from flows.export.comfy_files import SAMPLERS, SCHEDULER, TEXT_ENCODER
from flows.export.graph import Graph, Link, Value
from flows.planning.model import Clip, Plan, PlannedShot
from flows.shots.keyframes import SUFFIX
from wan.sampling.schedule import schedule
from wan.variants import VARIANTS

_LAST_STEP = 10000


@dataclass(frozen=True, slots=True)
class Conditioned:
    """What a sampler needs: both prompts with what else steers the clip, and the empty (or given) latents."""

    positive: Link
    negative: Link
    latent: Link


@dataclass(frozen=True, slots=True)
class Made:
    """A sampled clip. `images` are its frames; with `whole` those of the whole shot so far. `node` conditioned it."""

    clip: Clip
    latent: Link
    images: Link
    node: Link
    whole: bool = False


@dataclass(slots=True)
class Making:
    """The workflow that is being made, the files it reads (by the name they need), and what there is to say."""

    plan: Plan
    shot: PlannedShot
    graph: Graph = field(default_factory=Graph)
    files: dict[str, Path | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say something, once."""
        if text not in self.notes:
            self.notes.append(text)

    def file(self, digest: str) -> str:
        """The name under which an asset has to lie in ComfyUI's input folder."""
        path = Path(self.plan.assets[digest]) if digest in self.plan.assets else None
        name = path.name if path else f"{digest[:16]}"
        if self.files.get(name, path) != path:
            name = f"{digest[:8]}_{name}"
        self.files[name] = path
        return name

    def vae(self, clip: Clip) -> Link:
        """The autoencoder."""
        return self.graph.add("VAELoader", vae_name=VARIANTS[clip.spec.variant].autoencoder.comfyui_file)

    def texts(self, clip: Clip) -> tuple[Link, Link]:
        """The prompt and the negative prompt."""
        words = self.graph.add("CLIPLoader", "Text encoder", clip_name=TEXT_ENCODER, type="wan")
        positive = self.graph.add("CLIPTextEncode", "Prompt", text=clip.spec.prompt, clip=words)
        return positive, self.graph.add("CLIPTextEncode", "Negative prompt", text=clip.spec.negative_prompt, clip=words)

    def picture(self, digest: str) -> Link:
        """A picture of the storyboard."""
        return self.graph.add("LoadImage", image=self.file(digest))

    def video(self, digest: str) -> Link:
        """The frames of a video of the storyboard."""
        self.note("Videos are read at their own frame rate; wanflow brings them to the variant's. Convert them before.")
        return self.frames(self.file(digest))

    def frames(self, name: str) -> Link:
        """The frames of a video in the input folder."""
        return self.graph.add("GetVideoComponents", video=self.graph.add("LoadVideo", file=name))

    def handed_off(self, clip: Clip, before: Made | None) -> Link | None:
        """The picture the clip starts from: its own, or a frame of the clip before."""
        if clip.spec.image is not None:
            return self.picture(clip.spec.image)
        if clip.spec.hand_off is None:
            return None
        if clip.spec.anchor is not None:
            self.note("wanflow holds colours to the first clip of a chain (`anchor`); match them before a join.")
        if before is not None:
            frame = clip.spec.hand_off.frame if clip.spec.hand_off.frame >= 0 else before.clip.spec.num_frames - 1
            return self.graph.add("ImageFromBatch", "Last frame", image=before.images, batch_index=frame, length=1)
        if (still := self._keyframe(clip.spec.hand_off)) is not None:
            return still
        source = self._source(clip.spec.hand_off)
        number, back = clip.spec.hand_off.frame, clip.spec.hand_off.back
        which = "last_frame" if number < 0 else f"frame_{number}"
        if back:
            which += f"_of_the_clip_{back}_before_the_last"
        name = f"{source.replace('.', '_')}_{which}.png"
        self.files[name] = None
        words = which.replace("_", " ")
        does = "shall look like" if clip.spec.hand_off.what == "reference" else "goes on from"
        self.note(f"{name}: this shot {does} {source}; put the {words} of that shot there under this name.")
        return self.graph.add("LoadImage", f"{words.capitalize()} of {source}", image=name)

    def begins_with(self, clip: Clip, before: Made | None) -> tuple[Link | None, int]:
        """The frames that the clip begins with, and how many: its picture, a frame or the last ones of the clip before,
        or those of another shot."""
        hand_off = clip.spec.hand_off
        if hand_off is None or hand_off.what != "frames":
            start = self.handed_off(clip, before) if hand_off is None or hand_off.what == "frame" else None
            return start, int(start is not None)
        count = hand_off.count
        if before is not None:
            first = before.clip.spec.num_frames - count
            title = f"Last {count} frames"
            return self.graph.add("ImageFromBatch", title, image=before.images, batch_index=first, length=count), count
        source = self._source(hand_off)
        name = f"{source.replace('.', '_')}_last_{count}_frames.mkv"
        self.files[name] = None
        self.note(
            f"{name}: this shot begins with frames of {source}; put the last {count} frames that the film shows of "
            "that shot alone there as a lossless video of this name."
        )
        return self.frames(name), count

    def _source(self, hand_off: HandOff) -> str:
        """The shot that it is from."""
        shots = (s.id for s in self.plan.shots for take in s.takes if take.fingerprint in hand_off.candidates)
        return next(shots, "the shot before")

    def end_picture(self, clip: Clip) -> Link | None:
        """The picture the clip ends on: one of the storyboard, or a keyframe."""
        if clip.spec.last_image is not None:
            return self.picture(clip.spec.last_image)
        return self._keyframe(clip.spec.ends_on) if clip.spec.ends_on is not None else None

    def _keyframe(self, hand_off: HandOff) -> Link | None:
        """A still that is rendered first; None, if that is not what is handed on."""
        stills = self.plan.stills_of(self.plan.shots)
        still = next((one for one in stills if one.takes[0].fingerprint in hand_off.candidates), None)
        if still is None:
            return None
        name = f"{still.id.replace('.', '_').replace(' ', '_')}.png"
        self.files[name] = None
        self.note(
            f"{name}: the {still.id}; `wanflow render --keyframes` writes it as keyframes/"
            f"{still.id.removesuffix(SUFFIX)}.png: put it there under this name."
        )
        return self.graph.add("LoadImage", f"{still.id.capitalize()}", image=name)

    def sample(self, clip: Clip, given: Conditioned, *, extra_lora: str | None = None, first_step: int = 0) -> Link:
        """The clip's latents: both experts, each on its part of the steps, or the one transformer."""
        models = self._models(clip, extra_lora)
        sampling, guidance = clip.spec.sampling, clip.spec.sampling.guidance_scale
        common: dict[str, Value | None] = {
            "steps": sampling.num_inference_steps,
            "sampler_name": SAMPLERS[sampling.solver],
            "scheduler": SCHEDULER,
            "positive": given.positive,
            "negative": given.negative,
        }
        split = int(schedule(sampling).high_noise.sum()) if len(models) == 2 else sampling.num_inference_steps
        latent = given.latent
        parts = [(models[0], guidance.high, first_step, split)]
        if len(models) == 2:
            parts.append((models[1], guidance.low, max(split, first_step), _LAST_STEP))
        parts = [part for part in parts if part[2] < min(part[3], sampling.num_inference_steps)]
        for number, (model, scale, start, end) in enumerate(parts):
            last = number == len(parts) - 1
            latent = self.graph.add(
                "KSamplerAdvanced",
                f"Steps {start} to {sampling.num_inference_steps if last else end}",
                model=model,
                add_noise="enable" if number == 0 else "disable",
                noise_seed=clip.spec.seed,
                cfg=scale,
                latent_image=latent,
                start_at_step=start,
                end_at_step=_LAST_STEP if last else end,
                return_with_leftover_noise="disable" if last else "enable",
                **common,
            )
        self._note_split(clip, split, len(models))
        return latent

    def decode(self, clip: Clip, latent: Link) -> Link:
        """Frames."""
        return self.graph.add("VAEDecode", samples=latent, vae=self.vae(clip))

    def _models(self, clip: Clip, extra_lora: str | None) -> list[Link]:
        names = VARIANTS[clip.spec.variant].comfyui_files
        experts = ("high", "low") if len(names) == 2 else ("both",)
        return [self._model(clip, name, expert, extra_lora) for name, expert in zip(names, experts, strict=True)]

    def _model(self, clip: Clip, name: str, expert: str, extra_lora: str | None) -> Link:
        model = self.graph.add("UNETLoader", unet_name=name, weight_dtype="default")
        if extra_lora is not None:
            model = self.graph.add("LoraLoaderModelOnly", model=model, lora_name=extra_lora, strength_model=1.0)
        for lora in clip.spec.loras:
            if lora.expert in ("both", expert) or expert == "both":
                name = self._lora(lora.digest)
                model = self.graph.add("LoraLoaderModelOnly", model=model, lora_name=name, strength_model=lora.weight)
        return self.graph.add("ModelSamplingSD3", model=model, shift=clip.spec.sampling.flow_shift)

    def _lora(self, digest: str) -> str:
        """The name that a LoRA needs in ComfyUI's folder of LoRAs: its place in ours; from elsewhere its own name,
        after its folder's where two share it."""
        path = Path(self.plan.assets.get(digest, f"{digest[:16]}.safetensors"))
        ours = self.plan.settings.model.loras
        if ours is not None and path.is_relative_to(ours):
            name = path.relative_to(ours).as_posix()
            self.note(f"{name} belongs into ComfyUI's models/loras folder.")
            return name
        used = {lora.digest for take in self.shot.takes for clip in take.clips for lora in clip.spec.loras}
        alike = [other for other in used if Path(self.plan.assets.get(other, "")).name == path.name]
        name = path.name if len(alike) < 2 else f"{path.parent.name}_{path.name}"
        source = "" if name == path.name else f" (it is {path})"
        self.note(f"{name} belongs into ComfyUI's models/loras folder{source}.")
        return name

    def _note_split(self, clip: Clip, split: int, experts: int) -> None:
        sampling = clip.spec.sampling
        if experts != 2:
            return
        self.note(
            f"The high-noise expert takes the first {split} of {sampling.num_inference_steps} steps, as in the "
            "reference. ComfyUI's second sampler begins its solver anew there; the reference goes on with its history."
        )
        theirs = comfy_high_noise_steps(
            sampling.num_inference_steps, sampling.flow_shift, sampling.boundary_ratio or 0.0
        )
        if theirs != split:
            self.note(f"By ComfyUI's own noise levels the boundary would be passed after {theirs} steps.")


def comfy_high_noise_steps(steps: int, shift: float, boundary: float) -> int:
    """How many of the steps of ComfyUI's `simple` schedule lie at or above the boundary: of a thousand evenly spaced
    times, shifted, it takes every (1000 / steps)th from the end."""
    even = [1 - int(step * 1000 / steps) / 1000 for step in range(steps)]
    return sum(shift * u / (1 + (shift - 1) * u) >= boundary for u in even)
