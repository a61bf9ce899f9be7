"""A fingerprint covers everything that decides pixels, and nothing else. Stores depend on it staying as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.planning import fingerprint as content
from flows.planning.fingerprint import fingerprint
from flows.planning.model import Clip, ClipLora, HandOff, Medium
from wan.request import Guidance, Numerics, Sampling

CLIP = Clip(
    fingerprint="",
    variant="i2v-a14b",
    checkpoint="c" * 64,
    prompt="ein rotes Kästchen",
    negative_prompt="",
    width=256,
    height=144,
    num_frames=33,
    fps=16,
    seed=7,
    sampling=Sampling(12, 5.0, Guidance(4.0, 3.0), "unipc", 0.9),
    numerics=Numerics(),
    image="a" * 64,
)

CHANGES: dict[str, object] = {
    "variant": "t2v-a14b",
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
    "numerics": [Numerics("bf16"), Numerics(attention="sage"), Numerics(vae_tiling=True), Numerics(compile=True)],
    "image": "b" * 64,
    "last_image": "b" * 64,
    "hand_off": [
        HandOff(("b" * 64,)),
        HandOff(("b" * 64, "c" * 64)),
        HandOff(("c" * 64, "b" * 64)),
        HandOff(("b" * 64,), frame=15),
        HandOff(("b" * 64,), what="carried"),
        HandOff(("b" * 64,), what="frames"),
    ],
    "media": [
        (Medium("audio", "b" * 64),),
        (Medium("pose", "b" * 64),),
        (Medium("audio", "c" * 64),),
        (Medium("audio", "b" * 64), Medium("pose", "b" * 64)),
        (Medium("motion", "b" * 64, "replace"),),
    ],
    "strength": 0.5,
    "control_scale": 0.5,
    "camera": "pan left",
    "treated": ("profile 1",),
    "loras": [(ClipLora("b" * 64),), (ClipLora("b" * 64, 0.5),), (ClipLora("b" * 64, 1.0, "high"),)],
}
IRRELEVANT: dict[str, object] = {
    "fps": 24,
    "start_frame": 33,
    "skip_first": 1,
    "keep": 20,
    "status": "cached",
    "estimated_seconds": 3.0,
    "fingerprint": "e" * 64,
}


def mark(clip: Clip) -> str:
    return fingerprint(clip)


def test_every_field_of_a_clip_is_decided_about() -> None:
    assert set(CHANGES) | set(IRRELEVANT) == set(Clip.__dataclass_fields__)
    assert set(IRRELEVANT) == content.NO_PIXELS | content.WHEN_DRIVEN


def test_everything_that_decides_pixels_changes_it() -> None:
    changed = [
        mark(replace(CLIP, **{name: value}))  # type: ignore[arg-type]
        for name, values in CHANGES.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    assert len({mark(CLIP), *changed}) == 1 + len(changed)


@pytest.mark.parametrize("name", sorted(IRRELEVANT))
def test_what_decides_no_pixel_does_not(name: str) -> None:
    assert mark(replace(CLIP, **{name: IRRELEVANT[name]})) == mark(CLIP)  # type: ignore[arg-type]


@pytest.mark.parametrize("kernel", ["auto", "sdpa", "_native_cudnn", "_flash_3"])
def test_exact_attention_is_one_thing_whichever_kernel_computes_it(kernel: str) -> None:
    clip = replace(CLIP, numerics=Numerics(attention=kernel))
    assert content.clip_spec(clip)["attention"] == "sdpa"
    assert mark(clip) == mark(CLIP)


@pytest.mark.parametrize("name", ["fps", "start_frame"])
def test_where_a_clip_lies_in_its_sound_decides_its_pixels(name: str) -> None:
    speaking = replace(CLIP, media=(Medium("audio", "b" * 64),))
    assert mark(replace(speaking, **{name: IRRELEVANT[name]})) != mark(speaking)  # type: ignore[arg-type]


def test_whole_numbers_and_fractions_are_the_same_number() -> None:
    assert mark(replace(CLIP, sampling=Sampling(12, 5, Guidance(4, 3), "unipc", 0.9))) == mark(CLIP)


def test_a_raised_render_epoch_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from wan.variants import VARIANTS

    before = mark(CLIP)
    raised = {**VARIANTS, "i2v-a14b": replace(VARIANTS["i2v-a14b"], render_epoch=99)}
    monkeypatch.setattr(content, "VARIANTS", raised)
    assert mark(CLIP) != before


def test_it_is_what_it_was_in_the_first_release(monkeypatch: pytest.MonkeyPatch) -> None:
    # If this fails, every clip in every store would be rendered again: change the content only on purpose.
    from wan.variants import VARIANTS

    first = {**VARIANTS, "i2v-a14b": replace(VARIANTS["i2v-a14b"], render_epoch=1)}
    monkeypatch.setattr(content, "VARIANTS", first)
    assert mark(CLIP) == "a902575c39c7b8df6d27c34331fbcdc294503f58aaefa770a72849cd34673365"
