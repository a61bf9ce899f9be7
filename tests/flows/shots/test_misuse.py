"""A shot against the variant that is to render it: each mistake with its place and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from flows.errors import Place
from flows.shots.choice import ANY_FAMILY
from flows.shots.misuse import misuses
from flows.storyboard.model import (
    CastMember,
    Continuity,
    Control,
    Lora,
    Motion,
    SamplingOverride,
    VideoToVideo,
)
from tests.flows.shots.conftest import FILE, shot
from wan.errors import RequestError
from wan.families import FAMILIES
from wan.request import ArrayVideo, Audio, ClipRequest
from wan.validate import check_request
from wan.variants import VARIANTS

AFTER = Continuity("s.b")
OVERLAP = Continuity("s.b", "overlap", 9)
SPEAKS, MOVES = "speech needs the picture of a person", "a motion needs the picture of the person who shall move"


@pytest.mark.parametrize(
    ("values", "at", "message", "fix"),
    [
        (
            {"variant": "t2v-a14b", "image": FILE},
            "image",
            "t2v-a14b cannot use `image`",
            "remove it, or use `variant: auto`; i2v-a14b, ti2v-5b, s2v-14b, animate-14b, vace-fun-a14b can",
        ),
        (
            {"variant": "i2v-a14b", "image": FILE, "audio": FILE},
            "audio",
            "i2v-a14b cannot use `audio`",
            "remove it, or use `variant: auto`; s2v-14b can",
        ),
        (
            {"variant": "t2v-a14b", "control": Control(FILE, references=(FILE,))},
            "control",
            "t2v-a14b cannot use `control`",
            "remove it, or use `variant: auto`; vace-fun-a14b can",
        ),
        (
            {"variant": "t2v-a14b", "continuity": AFTER},
            "continuity",
            "t2v-a14b cannot use `continuity`",
            "remove it, or use `variant: auto`; i2v-a14b, ti2v-5b, s2v-14b, vace-fun-a14b can",
        ),
        (
            {"motion": Motion(FILE), "image": FILE, "continuity": AFTER},
            "continuity",
            "animate-14b cannot use `continuity`",
            "remove it, or `motion`",
        ),
        (
            {"image": FILE, "continuity": AFTER},
            "image",
            "a shot starts from `image` or from the last frame of s.b, not from both",
            "remove `image`, or write `continuity: none`",
        ),
        (
            {"image": FILE, "continuity": OVERLAP},
            "image",
            "a shot starts from `image` or from the last frames of s.b, not from both",
            "remove `image`, or write `continuity: none`",
        ),
        (
            {"variant": "i2v-a14b", "continuity": OVERLAP},
            "continuity.by",
            "i2v-a14b cannot use continuity by overlap",
            "remove it, or use `variant: auto`; vace-fun-a14b can",
        ),
        (
            {"variant": "t2v-a14b", "continuity": Continuity("s.b", "reference")},
            "continuity.by",
            "t2v-a14b cannot use continuity by reference",
            "remove it, or use `variant: auto`; vace-fun-a14b can",
        ),
        (
            {"variant": "vace-fun-a14b", "continuity": AFTER},
            "variant",
            "vace-fun-a14b needs something to follow: a control video, references or a camera path",
            "write `by: overlap`, add `control`, or a camera path such as `slow pan left`",
        ),
        (
            {"image": FILE, "audio": FILE, "motion": Motion(FILE)},
            "motion.video",
            "s2v-14b moves as a ready-made pose video does, and cannot use `video`",
            "give `motion: {pose: ...}` alone, or remove `motion`",
        ),
        (
            {"variant": "i2v-a14b"},
            "variant",
            "i2v-a14b needs a picture to start from",
            "add `image`, or `continuity: {from: ...}`",
        ),
        (
            {"end_image": FILE},
            "end_image",
            "i2v-a14b needs a picture to start from",
            "add `image`, or `continuity: {from: ...}`",
        ),
        (
            {"audio": FILE},
            "audio",
            f"s2v-14b needs a picture to start from: {SPEAKS}",
            "add `image`, or `continuity: {from: ...}`",
        ),
        ({"motion": Motion(FILE)}, "motion", f"animate-14b needs a picture to start from: {MOVES}", "add `image`"),
        (
            {"variant": "s2v-14b", "image": FILE},
            "variant",
            "s2v-14b needs the sound of the speech",
            "add `audio`, or use `variant: auto`",
        ),
        (
            {"variant": "vace-fun-a14b", "camera": "wobble"},
            "variant",
            "vace-fun-a14b needs something to follow: a control video, references or a camera path",
            "add `control`, or a camera path such as `slow pan left`",
        ),
        (
            {"control": Control(scale=0.5)},
            "control",
            "vace-fun-a14b needs something to follow: a control video, references or a camera path",
            "add `video` or `references` to it, or a camera path such as `slow pan left`",
        ),
        (
            {"cast": (CastMember("boat", "a boat", FILE),)},
            "prompt",
            "t2v-a14b renders from text alone and cannot use the reference of <boat>",
            "start the shot from a picture (`image`), or remove the member's `reference`",
        ),
        (
            {"image": FILE, "audio": FILE, "sampling": SamplingOverride(boundary_ratio=0.9)},
            "sampling.boundary_ratio",
            "s2v-14b has one transformer, and no boundary between two",
            "remove it here, or write it into the shots of two experts alone",
        ),
    ],
)
def test_what_cannot_be_used_or_is_lacking_has_a_place_and_a_fix(
    values: dict[str, Any], at: str, message: str, fix: str
) -> None:
    assert list(misuses(shot(**values), ANY_FAMILY)) == [(at, message, fix)]


def test_a_variant_of_another_family_is_named_with_its_models() -> None:
    (found,) = misuses(shot(end_image=FILE), FAMILIES["wan22-5b"])
    models = "model=tiny or model=wan22 or model=wan22-lightning"
    assert found[1:] == ("ti2v-5b cannot use `end_image`", f"remove it; i2v-a14b can, with {models}")


def test_an_overlap_leaves_room_for_a_latent_frame_of_the_clips_own() -> None:
    def found(frames: int) -> list[Any]:
        return list(misuses(shot(continuity=Continuity("s.b", "overlap", frames)), FAMILIES["tiny"]))

    assert found(29) == []
    message = "an overlap of 33 frames leaves nothing of a clip of vace-fun-a14b, of 33 frames"
    assert found(33) == [("continuity.frames", message, "write 29 or less")]


def test_a_lora_for_one_expert_needs_two() -> None:
    place = Place("film.yaml", 9, 21)
    single = shot(variant="ti2v-5b", loras=(Lora("fur", expert="high", place=place), Lora("ink")))
    (found,) = misuses(single, ANY_FAMILY)
    assert found == (place, "ti2v-5b has one transformer, and no high-noise expert", "leave `expert` out")
    assert list(misuses(shot(loras=(Lora("fur", expert="high"),)), ANY_FAMILY)) == []


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"image": FILE, "end_image": FILE},
        {"continuity": AFTER, "end_image": FILE},
        {"continuity": AFTER, "image": FILE, "audio": FILE},
        {"image": FILE, "audio": FILE, "motion": Motion(pose=FILE)},
        {"image": FILE, "motion": Motion(pose=FILE, face=FILE, background=FILE, mask=FILE)},
        {"control": Control(FILE, FILE), "image": FILE},
        {"control": Control(references=(FILE,)), "continuity": AFTER},
        {"control": Control(FILE), "continuity": OVERLAP},
        {"continuity": Continuity("s.b", "overlap", 77)},
        {"continuity": OVERLAP, "cast": (CastMember("boat", "a boat", FILE),)},
        {"continuity": Continuity("s.b", "reference"), "image": FILE},
        {"variant": "vace-fun-a14b", "camera": "slow pan left"},
        {"variant": "vace-fun-a14b", "cast": (CastMember("boat", "a boat", FILE),)},
        {"image": FILE, "cast": (CastMember("boat", "a boat", FILE),)},
        {"video": VideoToVideo(FILE, 0.5)},
    ],
)
def test_what_a_variant_can_use_is_no_mistake(values: dict[str, Any]) -> None:
    assert list(misuses(shot(**values), ANY_FAMILY)) == []


def test_a_request_is_told_the_same_in_the_same_words() -> None:
    import numpy as np

    picture = np.zeros((8, 8, 3), np.uint8)
    sound, video = Audio(np.zeros(1, np.float32), 16000), ArrayVideo(picture[None])
    asked: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "t2v-a14b": ({"image": FILE}, {"image": picture}),
        "i2v-a14b": ({}, {}),
        "ti2v-5b": ({"audio": FILE}, {"audio": sound}),
        "s2v-14b": ({"image": FILE}, {"image": picture}),
        "animate-14b": ({"motion": Motion(FILE), "image": FILE, "control": Control(FILE)}, {"control": video}),
    }
    for name, (brings, fields) in asked.items():
        variant = VARIANTS[name]
        (_, message, _), *_ = misuses(shot(variant=name, **brings), ANY_FAMILY)
        width, height = variant.size
        request = ClipRequest(
            prompt="x", width=width, height=height, num_frames=81, sampling=variant.sampling, seed=0, **fields
        )
        with pytest.raises(RequestError) as caught:
            check_request(request, variant)
        said = message.replace(f"`{next(iter(fields), '')}`", "it")
        assert said in str(caught.value), name
