"""The form of a plan as JSON: what `wanflow plan --json` prints and `plan.json` holds. Keys are only ever added.

The words beside the types are those of docs/programs.md, which is made from them.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from flows.ledger.timings import Basis
from flows.planning.model import Status


class GuidanceForm(TypedDict):
    """Guidance of both experts."""

    high: float
    low: float


class MediumForm(TypedDict):
    """A sound or video that a clip is made with."""

    name: Annotated[str, "what it is for: `audio`, `pose`, `control` …"]
    digest: Annotated[str, "sha256 of the file"]


class LoraForm(TypedDict):
    """A LoRA on an expert."""

    digest: Annotated[str, "sha256 of the file"]
    weight: float
    expert: Annotated[str | None, "`high` or `low`; null: both"]


class SegmentForm(TypedDict):
    """What a worker renders in one go; a take of a long shot has several."""

    fingerprint: str
    variant: str
    checkpoint: Annotated[str, "the checkpoint's revision; empty in a plan without weights"]
    status: Status
    seed: int
    num_frames: int
    skip_first: Annotated[int, "frames at the beginning that the film does not show"]
    keep: Annotated[int, "frames after those that it shows"]
    num_inference_steps: int
    guidance_scale: GuidanceForm
    flow_shift: float
    solver: str
    precision: str
    image: Annotated[str | None, "digest of the picture it starts from"]
    end_image: Annotated[str | None, "digest of the picture it ends on"]
    hand_off: Annotated[list[str], "fingerprints of the clips that it may start from"]
    hand_off_frame: Annotated[int | None, "which of their frames, from 0, hidden ones counted; -1: the last"]
    hand_off_back: Annotated[int | None, "in which segment before those"]
    start_frame: Annotated[int, "where in the shot's media it begins"]
    media: list[MediumForm]
    strength: Annotated[float | None, "how much of a video is changed"]
    control_scale: float
    camera: Annotated[str | None, "the camera path"]
    loras: list[LoraForm]
    estimated_seconds: float


class TakeForm(TypedDict):
    """One rendering of a shot."""

    seed: int
    fingerprint: Annotated[str, "of its last segment"]
    status: Status
    why: Annotated[str, "why it is new, or that it is in the store"]
    segments: list[SegmentForm]


class TransitionForm(TypedDict):
    """How the film comes into a shot."""

    kind: str
    duration: Annotated[float, "seconds"]


class ShotForm(TypedDict):
    """A shot of the film."""

    id: Annotated[str, "`scene.shot`"]
    scene: str
    variant: str
    num_frames: Annotated[int, "rendered, of all segments, hidden ones counted"]
    film_frames: Annotated[int, "shown, at the film's rate"]
    fps: Annotated[float, "it is rendered at"]
    width: int
    height: int
    prompt: Annotated[str, "as it is rendered"]
    original_prompt: Annotated[str, "`prompt` before a model extended it; the same where none has"]
    negative_prompt: str
    depends_on: Annotated[list[str], "ids of the shots it starts from"]
    transition: TransitionForm
    takes: list[TakeForm]
    estimated_seconds: float


class TotalsForm(TypedDict):
    """Sums."""

    shots: int
    takes: int
    cached: int
    frames: Annotated[int, "of the film"]
    film_seconds: float
    estimated_seconds: Annotated[float, "of the whole render by one worker: the three below"]
    start_seconds: Annotated[float, "until the first clip, or the edit, is under way"]
    rendering_seconds: Annotated[float, "for everything that is new"]
    edit_seconds: Annotated[float, "the edit and the report"]
    estimate: Annotated[Basis, "what that stands on"]
    width: Annotated[int, "clips that can be rendered side by side at most"]


class PlanForm(TypedDict):
    """The plan itself."""

    plan_version: int
    title: str
    slug: Annotated[str, "the name of its folder in `outputs/`"]
    storyboard: Annotated[str, "the file it was read from"]
    storyboard_digest: str
    width: Annotated[int, "pixels of the film"]
    height: int
    fps: float
    shots: list[ShotForm]
    critical_path: Annotated[list[str], "ids of the longest chain of shots"]
    totals: TotalsForm
    assets: Annotated[dict[str, str], "digest of every input file, and its path"]
    warnings: Annotated[list[str], "what can be rendered, but is hardly meant"]
