"""The storyboard language, version 1: every key, what it may hold, and what it means.

The parser, the JSON Schema and the language reference are all made from this table. A new key is one line here and its
use in `flows.storyboard.build`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from flows.limits import BOUNDARY_RATIO, FLOW_SHIFT, GUIDANCE_SCALE, STEPS, TAKES
from flows.measures import MEASURES
from flows.storyboard import words
from flows.storyboard.kinds import Asset, Choice, Flag, FreeText, LoraName, Moment, ShotReference, Version, Word
from flows.storyboard.quantities import Number, Seconds
from flows.storyboard.records import Field, Record, Short
from flows.storyboard.shapes import Later, ListOf, MapOf, records
from flows.storyboard.sizes import Aspect, Pixels
from wan.variants import VARIANTS

VERSION = 1
MAX_SEED = 2**63 - 1
VIDEO_STRENGTH = 0.7
"""How much of a video is made anew that does not say so."""
DISSOLVE_SECONDS = 0.5
"""How long a transition lasts that does not say so."""

GROUPS: Mapping[str, str] = MappingProxyType({"look": "looks", "cast": "casts", "soundtrack": "soundtracks"})
"""Keys whose values can be shared, and the folders beside the storyboard they are shared from."""

_VARIANTS: Mapping[str, str] = {"auto": "chosen by what the shot brings"} | {name: name for name in VARIANTS}
_SEED = Number(0, MAX_SEED, whole=True)
_ID = Word(words.ID, "an id (a-z, then a-z, 0-9, _ or -)", reserved=(words.PREVIOUS, words.NONE))
_SHARED = Word(r"[A-Za-z0-9_][A-Za-z0-9_-]*", "the name of a file, without folder and `.yaml`")
_FILE_NAME = r"(?!\.{1,2}(?:/|$))[^/\\\x00-\x1f\x7f-\x9f]+"
_LORA = LoraName(rf"{_FILE_NAME}(?:/{_FILE_NAME})*")
_GAIN = Number(-80, 24, unit="dB")
_FADE = Seconds(zero=True, longest=600)


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


FORMAT = Record(
    "a format",
    "Size and rate of the film; they decide how shots are rendered. Without it: the model family's own.",
    (
        Field(
            "size",
            Pixels(film=True),
            "Width and height in pixels; `from_image`: as the reference sizes a video of the first shot's `image` "
            "(I2V, TI2V, S2V).",
            default="the model family's",
        ),
        Field(
            "fps",
            Number(0, 240, above=True),
            "Frames per second that shots are made for. At another rate than its own (16; TI2V 24) a model's motion is "
            "quicker or slower: for 24 of A14B, leave 16 here and let `deliver` convert. Speech and driven figures are "
            "fixed in time and converted.",
            default="that of the first shot's variant which is not fixed in time",
        ),
    ),
)
LOOK = Record(
    "a look",
    "How pictures look. A scene's look changes the film's, a shot's look changes the scene's, key by key.",
    (
        Field("style", FreeText(), "The style: `cut-paper animation`. Joined to every prompt."),
        Field("negative", FreeText(), "What should not be seen: the negative prompt.", default="the variant's"),
        Field(
            "camera",
            FreeText(),
            "How the camera moves. Joined to the prompt; VACE follows it as a path (`pan left`, `slow dolly in`, …).",
        ),
        Field("lighting", FreeText(), "The light. Joined to the prompt."),
        Field("lens", FreeText(), "The lens. Joined to the prompt."),
        Field("palette", FreeText(), "The colours. Joined to the prompt."),
    ),
)
MEMBER = Record(
    "a cast member",
    "Someone or something that appears. `<id>` in a prompt, a setting or a look becomes the description.",
    (
        Field("description", FreeText(), "The words that stand for `<id>`.", required=True),
        Field("reference", Asset("image"), "A picture of it, for variants that can be shown one."),
    ),
)
CONTINUITY = Record(
    "continuity of a shot",
    "What the shot takes over from another one. `continuity: none` refuses an inherited one.",
    (
        Field("from", ShotReference(), "The shot that is continued.", default="`previous`"),
        Field("by", Choice(words.CONTINUITY), "How it is continued.", default="`last_frame`"),
        Field(
            "frames",
            Number(1, 77, whole=True),
            "With `by: overlap`: how many frames overlap, in whole latents (5, 9, 13 …).",
            default=f"`{VARIANTS['vace-fun-a14b'].overlap}`",
        ),
    ),
)
ANCHOR = Record(
    "an anchor",
    "What the shot's colours are held to, so that they do not drift from clip to clip. `anchor: none`: the shot changes"
    " the light; those that go on from it are held to how it ends.",
    (
        Field(
            "strength",
            Number(0, 1),
            "How much of what sets the shot's beginning apart is taken off it; 0: nothing, as `none`.",
            default="`1` where a shot goes on from a frame",
        ),
        Field("to", Asset("image"), "A picture that has the colours.", default="how the chain's first clip ends"),
    ),
)
TRANSITION = Record(
    "a transition",
    "How the film goes INTO this shot. The two shots overlap, so the film gets shorter by its duration.",
    (
        Field("kind", Choice(words.TRANSITIONS), "Which one.", default="`dissolve` if there is a duration"),
        Field(
            "duration",
            Seconds(zero=True, longest=60),
            "How long; shorter than both shots.",
            default=f"`{DISSOLVE_SECONDS}s`, nothing for a cut",
        ),
    ),
)
GUIDANCE = Record(
    "guidance",
    "Classifier-free guidance of the two experts; 1.0 is off.",
    (
        Field(
            "high", Number.within(GUIDANCE_SCALE), "Of the high-noise expert (early steps).", default="the variant's"
        ),
        Field("low", Number.within(GUIDANCE_SCALE), "Of the low-noise expert (late steps).", default="the variant's"),
    ),
)
SAMPLING = Record(
    "sampling",
    "How noise becomes a picture. Inherited key by key.",
    (
        Field("num_inference_steps", Number.within(STEPS, whole=True), "Denoising steps.", default="the variant's"),
        Field("guidance_scale", Short(GUIDANCE, ("high", "low")), "How closely the prompt is followed."),
        Field("flow_shift", Number.within(FLOW_SHIFT), "Shift of the noise schedule.", default="the variant's"),
        Field("solver", Choice(words.SOLVERS), "The sampler.", default="the variant's"),
        Field(
            "boundary_ratio",
            Number.within(BOUNDARY_RATIO),
            "Of variants with two experts: the high-noise one works down to this part of the noise (0: to the end).",
            default="the variant's",
        ),
    ),
)
MOTION = Record(
    "motion",
    "A driving video: the person in `image` moves like the person in it (Animate).",
    (
        Field("video", Asset("video"), "The driving video; pose and face are read from it."),
        Field("mode", Choice(words.MOTION_MODES), "Who is seen where.", default="`animate`"),
        Field("retarget", Flag(), "Fit the motion to the body in `image` (animate).", default="`false`"),
        Field("pose", Asset("video"), "Instead of `video`: a ready-made pose video; alone where there is `audio`."),
        Field("face", Asset("video"), "With `pose`: the face, cut out, as long as it."),
        Field("background", Asset("video"), "With `pose`, to replace: the scene without the person."),
        Field("mask", Asset("video"), "With `background`: white where the person was."),
    ),
)
CONTROL = Record(
    "control",
    "Depth, pose or edges as video, a mask of what may change, reference pictures (VACE). At least one of them.",
    (
        Field("video", Asset("video"), "The control video."),
        Field("mask", Asset("video"), "White where pixels are made anew; needs `video`."),
        Field("references", ListOf(Asset("image"), most=16, least=1), "Pictures of what should appear."),
        Field("scale", Number(0, 10), "How closely the control is followed; 0: not at all.", default="`1`"),
    ),
)
VIDEO = Record(
    "a video to change",
    "Video to video: the shot keeps the video's layout and motion, and takes the prompt's looks.",
    (
        Field("file", Asset("video"), "The video.", required=True),
        Field(
            "strength",
            Number(0, 1, above=True),
            "How much is made anew: the part of the steps that are taken; 1 keeps nothing.",
            default=f"`{VIDEO_STRENGTH}`",
        ),
    ),
)
LORA = Record(
    "a LoRA",
    "Extra weights, laid on a model they were made for (the plan looks); each at most once on an expert.",
    (
        Field("name", _LORA, "Its file in the folder `model.loras`, or beside the storyboard.", required=True),
        Field("weight", Number(-4, 4), "How strongly.", default="`1.0`"),
        Field("expert", Choice(words.EXPERTS), "On which expert.", default="`both`"),
    ),
)

_INHERITED = (
    Field("duration", Seconds(), "How long it is.", default="what drives it (sound, video), else native length"),
    Field("variant", Choice(_VARIANTS), "Which WAN 2.2 model renders it.", default="`auto`"),
    Field("image", Asset("image"), "Start from this picture."),
    Field("end_image", Asset("image"), "End on this picture."),
    Field("audio", Asset("audio"), "Speech that moves the lips of the person in `image`."),
    Field("motion", MOTION, "A driving video."),
    Field("control", CONTROL, "Control video, mask, references."),
    Field("video", Short(VIDEO, ("file",)), "A video that the shot changes (video to video)."),
    Field("seed", _SEED, "Where the noise starts. Take k adds k.", default="the film's"),
    Field("takes", Number.within(TAKES, whole=True), "How many are rendered; the best is in the film.", default="`1`"),
    Field("continuity", Short(CONTINUITY, ("from",), none=True), "What it takes over from another shot."),
    Field("anchor", Short(ANCHOR, ("strength",), none=True), "What its colours are held to."),
    Field("transition", Short(TRANSITION, ("kind",)), "How the film goes into it.", default="`cut`"),
    Field("sampling", SAMPLING, "Changes of the variant's sampling."),
    Field("loras", ListOf(Short(LORA, ("name",)), most=16), "Extra weights."),
    Field("look", LOOK, "Changes of the scene's look."),
    Field("camera", FreeText(), "Short for `look: {camera: …}`."),
    Field("extend", Flag(), "Whether `prompts.extend` may write its prompt out.", default="`true`"),
)
DEFAULTS = Record(
    "shot defaults",
    "What shots have that do not say otherwise: any key of a shot but id, prompt, take, caption.",
    _INHERITED,
)
SHOT = Record(
    "a shot",
    "One continuous camera take.",
    (
        Field("id", _ID, "Its name, unique in the scene.", default="`shot-1`, `shot-2` …"),
        Field("prompt", FreeText(), "What is seen. `<id>` names the cast, `{{ name }}` a variable.", required=True),
        *_INHERITED,
        Field(
            "take",
            Number.within(TAKES, whole=True),
            "Of its takes the one in the film, chosen by eye; the others are not rendered.",
            default="the best by score",
        ),
        Field("caption", FreeText(limit=500), "What the viewer reads."),
    ),
)
SCENE = Record(
    "a scene",
    "A place and time.",
    (
        Field("id", _ID, "Its name, unique in the film.", default="`scene-1`, `scene-2` …"),
        Field("setting", FreeText(), "Where and when; joined to the prompts of its shots."),
        Field("look", LOOK, "Changes of the film's look."),
        Field("defaults", DEFAULTS, "What its shots inherit, over `shot_defaults`."),
        Field("shots", Later(SHOT), "Its shots, in order.", required=True),
    ),
)
MUSIC = Record(
    "music",
    "A bed under the whole film.",
    (
        Field("file", Asset("audio"), "The recording; looped or cut to the film's length.", required=True),
        Field("gain_db", _GAIN, "Louder or quieter.", default="`0`"),
        Field("fade_in", _FADE, "From silence, at the start.", default="`0s`"),
        Field("fade_out", _FADE, "To silence, at the end.", default="`0s`"),
        Field("duck", Flag(), "Quieter while someone speaks.", default="`false`"),
    ),
)
VOICEOVER = Record(
    "a voiceover",
    "A recording laid at a moment of the film.",
    (
        Field("file", Asset("audio"), "The recording.", required=True),
        Field("at", Moment(), "When it starts.", default="`0s`"),
        Field("gain_db", _GAIN, "Louder or quieter.", default="`0`"),
    ),
)
SOUNDTRACK = Record(
    "the soundtrack",
    "What is heard beside the shots' own sound.",
    (
        Field("music", MUSIC, "A bed under the whole film."),
        Field("voiceover", ListOf(VOICEOVER), "Recordings at moments of the film."),
    ),
)
DELIVERABLE = Record(
    "a deliverable",
    "One more file of the finished film, beside `film.mp4`.",
    (
        Field("name", _ID, "The file's name, without ending.", required=True),
        Field("size", Pixels(), "Width and height.", default="the film's"),
        Field("aspect", Aspect(), "Another shape, cut from the film's; not with `size`."),
        Field("fps", Number(0, 240, above=True), "Frames per second.", default="the film's"),
        Field("video", Choice(words.VIDEO_CODECS), "How the picture is coded.", default="`h264`"),
    ),
)
BUDGET = Record(
    "a budget",
    "How much of each measure ([seams.md](seams.md)) a join, or a shot, may have.",
    tuple(
        Field(
            name,
            Number(0, measure.most),
            f"{_sentence(measure.help)}.",
            default=f"`{measure.budget:g}`",
        )
        for name, measure in MEASURES.items()
    ),
)
HELD = Record(
    "continuity of the film",
    "How its joins and shots are judged once it is made. What a shot goes on from is a shot's own `continuity`.",
    (
        Field("budget", BUDGET, "What they may have."),
        Field("on_fail", Choice(words.ON_FAIL), "What becomes of what is over it.", default="`warn`"),
    ),
)
SHARED = Record(
    "a default",
    "Something shared between films, from a folder beside the storyboard.",
    tuple(Field(key, _SHARED, f"`{folder}/<name>.yaml`, laid under `{key}`.") for key, folder in GROUPS.items()),
)
VARIABLE = Record(
    "a variable",
    "Words for `{{ name }}`. One of both keys.",
    (
        Field("value", FreeText(False), "What it stands for."),
        Field(
            "example",
            FreeText(False),
            "What it stands for where the storyboard is made alone; every film of a batch has to bring its own.",
        ),
    ),
)
VARIABLES = MapOf(words.VARIABLE, Short(VARIABLE, ("value",)), "a variable")
FILM = Record(
    "the storyboard",
    "A film as scenes and shots.",
    (
        Field("defaults", ListOf(SHARED, most=32), "Shared looks, casts, soundtracks; own keys go over them."),
        Field("storyboard", Version(VERSION), f"The version of the language: {VERSION}.", required=True),
        Field("title", FreeText(limit=200), "The film's title; names its folder.", required=True),
        Field("seed", _SEED, "The seed of shots without one.", default="`0`"),
        Field("format", FORMAT, "Size and rate."),
        Field("variables", VARIABLES, "Words for `{{ name }}`."),
        Field("look", LOOK, "How everything looks."),
        Field("cast", MapOf(words.ID, Short(MEMBER, ("description",)), "a cast member"), "Who appears."),
        Field("shot_defaults", DEFAULTS, "What all shots inherit."),
        Field("scenes", Later(SCENE), "The scenes, in order.", required=True),
        Field("soundtrack", SOUNDTRACK, "Music and voices."),
        Field("deliver", ListOf(DELIVERABLE, most=32), "More files of the film, in other shapes."),
        Field("continuity", HELD, "How its joins and shots are judged."),
    ),
)


@cache
def homes() -> Mapping[str, tuple[str, ...]]:
    """For each key, the maps it may stand in: a key in the wrong place is told where it belongs."""
    places: dict[str, list[str]] = {}
    for record in records(FILM):
        for field in record.fields:
            places.setdefault(field.key, []).append(record.name)
    return {key: tuple(names) for key, names in places.items()}
