"""A fingerprint is of everything that decides pixels, and of nothing else. Stores depend on it staying as it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import field, make_dataclass, replace

import pytest

from flows.clips import ClipLora, ClipSpec, ColourAnchor, HandOff, Medium, fingerprint
from flows.clips.fingerprint import fingerprint_of
from flows.fields import hints, plain
from wan.request import Guidance, Numerics, Sampling

SPEC = ClipSpec(
    variant="i2v-a14b",
    render_epoch=1,
    checkpoint="c" * 64,
    prompt="ein rotes Kästchen",
    negative_prompt="",
    width=256,
    height=144,
    num_frames=33,
    seed=7,
    sampling=Sampling(12, 5.0, Guidance(4.0, 3.0), "unipc", 0.9),
    numerics=Numerics(attention="sdpa"),
    image="a" * 64,
)
TAKE, OTHER = ("b" * 64,), ("c" * 64,)

CHANGES: dict[str, object] = {
    "variant": "t2v-a14b",
    "render_epoch": 2,
    "checkpoint": "d" * 64,
    "prompt": "a red box",
    "negative_prompt": "blurry",
    "width": 512,
    "height": 288,
    "num_frames": 29,
    "seed": 8,
    "sampling": [
        Sampling(13, 5.0, Guidance(4.0, 3.0), "unipc", 0.9),
        Sampling(12, 5.5, Guidance(4.0, 3.0), "unipc", 0.9),
        Sampling(12, 5.0, Guidance(3.0, 4.0), "unipc", 0.9),
        Sampling(12, 5.0, Guidance(4.0, 3.0), "dpmpp", 0.9),
        Sampling(12, 5.0, Guidance(4.0, 3.0), "unipc", 0.875),
        Sampling(12, 5.0, Guidance(4.0, 3.0), "unipc", None),
    ],
    "numerics": [
        Numerics("bf16", "sdpa"),
        Numerics(attention="sage"),
        Numerics(attention="sdpa", vae_tiling=True),
        Numerics(attention="sdpa", compile=True),
    ],
    "image": "b" * 64,
    "last_image": "b" * 64,
    "hand_off": [
        HandOff((TAKE,)),
        HandOff((TAKE, OTHER)),
        HandOff((OTHER, TAKE)),
        HandOff((OTHER + TAKE,)),
        HandOff((TAKE,), frame=15),
        HandOff((TAKE,), back=1),
        HandOff((TAKE,), what="carried"),
        HandOff((TAKE,), what="frames"),
    ],
    "ends_on": [HandOff((TAKE,)), HandOff((TAKE,), frame=15)],
    "media": [
        (Medium("audio", "b" * 64),),
        (Medium("pose", "b" * 64),),
        (Medium("audio", "c" * 64),),
        (Medium("audio", "b" * 64), Medium("pose", "b" * 64)),
        (Medium("motion", "b" * 64, "replace"),),
    ],
    "media_fps": 24.0,
    "start_frame": 33,
    "strength": 0.5,
    "control_scale": 0.5,
    "camera": "pan left",
    "anchor": [
        ColourAnchor(1.0, HandOff((TAKE,))),
        ColourAnchor(0.5, HandOff((TAKE,))),
        ColourAnchor(1.0, HandOff((OTHER,))),
        ColourAnchor(1.0, picture="b" * 64),
        ColourAnchor(1.0, picture="b" * 64, method="oklab 2"),
    ],
    "treated": ("profile 1",),
    "loras": [(ClipLora("b" * 64),), (ClipLora("b" * 64, 0.5),), (ClipLora("b" * 64, 1.0, "high"),)],
}


def test_every_field_of_a_spec_is_tried() -> None:
    assert set(CHANGES) == set(hints(ClipSpec))


def test_every_field_changes_it() -> None:
    changed = [
        fingerprint(replace(SPEC, **{name: value}))  # type: ignore[arg-type]
        for name, values in CHANGES.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    assert len({fingerprint(SPEC), *changed}) == 1 + len(changed)


def test_a_new_field_is_in_it_at_once() -> None:
    kind = make_dataclass(
        "Newer", [("weather", str, field(default="dry"))], bases=(ClipSpec,), frozen=True, kw_only=True
    )
    usual = {name: getattr(SPEC, name) for name in hints(ClipSpec)}
    marks = {fingerprint(SPEC), fingerprint(kind(**usual)), fingerprint(kind(**usual, weather="wet"))}
    assert len(marks) == 3


def test_whole_numbers_and_fractions_are_the_same_number() -> None:
    whole = replace(SPEC, sampling=Sampling(12, 5, Guidance(4, 3), "unipc", 0.9), control_scale=1)
    assert fingerprint(whole) == fingerprint(SPEC)


def test_it_is_the_digest_of_the_spec_as_it_is_written() -> None:
    text = json.dumps(plain(SPEC), sort_keys=True, separators=(",", ":"))
    assert fingerprint(SPEC) == hashlib.sha256(text.encode()).hexdigest() == fingerprint_of(json.loads(text))


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        fingerprint(replace(SPEC, strength=float("nan")))


def test_it_is_what_it_was_in_the_first_release() -> None:
    # If this fails, every clip in every store would be rendered again: change the content only on purpose.
    assert fingerprint(SPEC) == "552e70cf717025855f1b6ac164ea0592fc4ccd00d3ddf9fec8002a8d3ac92535"
