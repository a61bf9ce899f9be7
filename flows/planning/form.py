"""The form of a plan as JSON: what `wanflow plan --json` prints and `plan.json` holds. Keys are only ever added.

The words beside the types are those of docs/programs.md, which is made from them. Takes and their clips are written
from the fields of `flows.planning.model` and `flows.clips.ClipSpec`.
"""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from flows.fields import Written
from flows.ledger.timings import Basis
from flows.planning.choice import ChosenBy
from flows.planning.model import Take


class TransitionForm(TypedDict):
    """How the film comes into a shot."""

    kind: str
    duration: Annotated[float, "seconds"]


class ChoiceForm(TypedDict):
    """Who chose the take that the film shows."""

    by: Annotated[ChosenBy, "the scores, `take:` of the storyboard, or `wanflow pick`"]
    who: Annotated[str, "of a pick"]
    when: Annotated[str, "of a pick, ISO 8601"]


class ShotForm(TypedDict):
    """A shot of the film."""

    id: Annotated[str, "`scene.shot`"]
    scene: str
    variant: str
    num_frames: Annotated[int, "rendered, of all clips, hidden ones counted"]
    film_frames: Annotated[int, "shown, at the film's rate"]
    start_frame: Annotated[int, "of the film, where it is first seen"]
    overlap: Annotated[int, "of its first frames the shot before has so many, too"]
    fps: Annotated[float, "it is rendered at"]
    width: int
    height: int
    prompt: Annotated[str, "as it is rendered"]
    original_prompt: Annotated[str, "`prompt` before a model extended it; the same where none has"]
    negative_prompt: str
    approved: Annotated[str | None, "who has approved the shot in a review, and when"]
    depends_on: Annotated[list[str], "ids of the shots it starts from"]
    transition: TransitionForm
    takes: Annotated[list[Annotated[dict[str, Any], Written(Take)]], "of which the film shows one"]
    others: Annotated[list[Annotated[dict[str, Any], Written(Take)]], "that are passed over, as one was chosen by eye"]
    choice: ChoiceForm
    keyframe: Annotated[
        Annotated[dict[str, Any], Written(Take)] | None, "the still that it begins with, rendered first; null: none is"
    ]
    leads_to: Annotated[str | None, "id of the shot whose keyframe it ends on"]
    goes_on_from: Annotated[str | None, "id of the shot that it continues, whether or not it waits for it"]
    estimated_seconds: float


class VoiceForm(TypedDict):
    """A recording of the soundtrack."""

    file: str
    at: Annotated[float, "seconds into the film"]


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
    width: Annotated[int, "takes that can be rendered side by side at most"]
    chained_width: Annotated[int, "the same, if shots that are joined by keyframes waited for each other"]
    keyframes: Annotated[int, "stills that shots begin with"]
    keyframes_cached: Annotated[int, "of them, in the store, or not needed as their shots are"]
    loads: Annotated[dict[str, float], "seconds that loading takes, by variant that is to be rendered with"]
    gpus: Annotated[list[str], "names of the GPUs that the estimate is of, an empty one for none; []: not known"]


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
    voices: list[VoiceForm]
    critical_path: Annotated[list[str], "ids of the longest chain of shots"]
    totals: TotalsForm
    assets: Annotated[dict[str, str], "digest of every input file, and its path"]
    warnings: Annotated[list[str], "what can be rendered, but is hardly meant"]
    last_seam: Annotated[str | None, "what was worst of the joins and shots of the last finished film"]
