"""Clips of the plan through real pipelines: a family of the real classes with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load
from safetensors.torch import save_file

from flows.clips import ClipLora, HandOff
from flows.cluster.failures import Blame, blame_of
from flows.cluster.requests import handed_off
from flows.cluster.wan_clips import WanRenderer
from flows.errors import BlobMissing, SettingsError, Stopped
from flows.events import MOTION
from flows.media import png_bytes, read_video
from flows.planning.model import Clip
from flows.store import Store
from tests.flows.cluster.clips import real_clip
from tests.flows.made import changed
from tests.wan.conftest import make_family
from wan.errors import CheckpointError, NumbersError, RequestError
from wan.families import Family
from wan.request import ClipRequest
from wan.state import State
from wan.weights.checkpoint import Checkpoint


@dataclass
class Report:
    """Notes progress, and stops after `stop_after` denoising steps."""

    stop_after: int = 1000
    told: list[tuple[str, int, int]] = field(default_factory=list)

    def progress(self, stage: str, step: int, steps: int) -> None:
        self.told.append((stage, step, steps))

    def should_stop(self) -> bool:
        return sum(stage == "denoise" for stage, _, _ in self.told) >= self.stop_after


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    return make_family(tmp_path_factory.mktemp("family"))


@pytest.fixture(scope="session")
def renderer(family: Family) -> WanRenderer:
    return WanRenderer(threads=1, family="tiny", root=str(family.root), device="cpu")


def wan_clip(family: Family, prompt: str, variant: str = "t2v-a14b", after: Sequence[Clip] = ()) -> Clip:
    clip = real_clip(prompt, after)
    revision = Checkpoint.open(family, variant).revision
    sampling = replace(clip.spec.sampling, num_inference_steps=3, boundary_ratio=0.875)
    return changed(clip, variant=variant, checkpoint=revision, width=48, height=32, num_frames=9, sampling=sampling)


def test_a_clip_is_kept_without_loss_with_its_latents_frames_and_timings(
    renderer: WanRenderer, family: Family, store: Store
) -> None:
    report = Report()
    record = renderer.render(wan_clip(family, "a red boat"), store, report)
    frames = list(read_video(store.local_path(record.video)))
    assert (len(frames), frames[0].shape) == (9, (32, 48, 3))
    assert (record.num_frames, record.width, record.height) == (9, 48, 32)
    assert store.read(record.last_frame) == png_bytes(frames[-1])
    assert load(store.read(record.latents))["latents"].shape == (1, 16, 3, 4, 6)
    assert [step for stage, step, _ in report.told if stage == "denoise"] == [1, 2, 3]
    assert set(record.seconds) == {"load", "encode", "denoise", "decode", "write"}
    assert record.peak_memory_bytes > 0
    assert record.spec["prompt"] == "a red boat"


def test_the_same_clip_has_the_same_pixels_again(renderer: WanRenderer, family: Family, store: Store) -> None:
    clip = wan_clip(family, "a blue boat")
    assert renderer.render(clip, store, Report()).video == renderer.render(clip, store, Report()).video


def test_a_clip_starts_from_the_last_frame_of_the_best_take(
    renderer: WanRenderer, family: Family, store: Store
) -> None:
    takes = [changed(wan_clip(family, f"a boat {seed}"), seed=seed) for seed in (1, 2)]
    first, second = (renderer.render(take, store, Report()) for take in takes)
    store.publish(replace(first, scores={"quality": 0.2}))
    store.publish(replace(second, scores={"quality": 0.7}))
    hand_off = HandOff(tuple((take.fingerprint,) for take in takes))
    assert png_bytes(handed_off(hand_off, store)) == store.read(second.last_frame)
    middle = handed_off(replace(hand_off, frame=4), store)
    assert np.array_equal(middle, list(read_video(store.local_path(second.video)))[4])
    going_on = wan_clip(family, "it moves", "i2v-a14b", takes)
    continued = renderer.render(going_on, store, Report())
    assert continued.num_frames == 9
    assert {takes[0].model, going_on.model} <= renderer.warm


def test_a_hand_off_that_is_gone_is_said(store: Store) -> None:
    with pytest.raises(BlobMissing, match="not in the store any more"):
        handed_off(HandOff((("a" * 64,),)), store)


def test_it_stops_between_steps(renderer: WanRenderer, family: Family, store: Store) -> None:
    report = Report(stop_after=2)
    with pytest.raises(Stopped):
        renderer.render(wan_clip(family, "a boat that is stopped"), store, report)
    assert [step for stage, step, _ in report.told if stage == "denoise"] == [1, 2]


def test_other_weights_than_planned_are_refused(renderer: WanRenderer, family: Family, store: Store) -> None:
    clip = changed(wan_clip(family, "a boat"), checkpoint="f" * 64)
    with pytest.raises(CheckpointError, match="the plan says ffffffffffff"):
        renderer.render(clip, store, Report())


def test_a_lora_without_numbers_fails_the_clip_and_nothing_is_kept(
    renderer: WanRenderer, family: Family, store: Store, tmp_path: Path
) -> None:
    layer = "transformer.blocks.0.attn1.to_q"
    halves = {f"{layer}.lora_A.weight": torch.full((2, 24), torch.nan), f"{layer}.lora_B.weight": torch.ones(24, 2)}
    save_file(halves, tmp_path / "broken.safetensors")
    digest = store.put_file(tmp_path / "broken.safetensors")
    clip = changed(wan_clip(family, "a boat"), loras=(ClipLora(digest),))
    with pytest.raises(NumbersError, match=f"the LoRA .*{digest} holds such values itself") as caught:
        renderer.render(clip, store, Report())
    assert blame_of(caught.value) is Blame.CLIP
    assert store.record(clip.fingerprint) is None


def test_an_impossible_size_is_a_request_error(renderer: WanRenderer, family: Family, store: Store) -> None:
    with pytest.raises(RequestError):
        renderer.render(changed(wan_clip(family, "a boat"), width=50), store, Report())


def test_an_unknown_family_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="tiny"):
        WanRenderer(threads=1, family="huge", root=str(tmp_path))


@pytest.mark.parametrize("part", ["text_encoder", "transformer", "transformer_2", "vae"])
def test_out_of_gpu_memory_the_clip_goes_on_leaner_and_is_the_same(
    family: Family, store: Store, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """The memory runs out once, when `part` is used."""
    import wan.model.parts
    from wan.pipeline import Pipeline

    clip = wan_clip(family, "a red boat")
    one, roomy = (
        WanRenderer(threads=1, family="tiny", root=str(family.root), device="cpu", placement="resident")
        for _ in range(2)  # the second one remembers no prompt
    )
    wanted = one.render(clip, store, Report())
    use = wan.model.parts.Resident.use

    def short_of_memory(self: wan.model.parts.Resident, name: str) -> object:
        if name == part:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return use(self, name)

    monkeypatch.setattr(wan.model.parts.Resident, "use", short_of_memory)
    report, encode, encoded = Report(), Pipeline.encode, []

    def counted(self: Pipeline, request: ClipRequest, **asked: Any) -> State:
        encoded.append(request)
        return encode(self, request, **asked)

    monkeypatch.setattr(Pipeline, "encode", counted)
    record = roomy.render(clip, store, report)
    assert [step for stage, step, _ in report.told if stage == "denoise"] == [1, 2, 3]  # none twice
    assert len(encoded) == (2 if part == "text_encoder" else 1)
    assert (wanted.placement, record.placement) == ("resident", "expert_swap")
    assert (record.video, record.latents) == (wanted.video, wanted.latents)
    assert roomy.warm == {clip.model}
    again = roomy.render(changed(clip, seed=9), store, Report())
    assert again.placement == "expert_swap"


def test_a_driving_video_is_prepared_before_any_model_is_loaded(
    renderer: WanRenderer, family: Family, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(clip: Clip, store: Store, root: Path | None, device: torch.device, report: Report) -> None:
        assert (root, device) == (family.root, torch.device("cpu"))
        report.progress(MOTION, 1, 1)

    monkeypatch.setattr("flows.cluster.wan_clips.prepare_motion", prepare)
    report = Report()
    renderer.render(wan_clip(family, "a boat"), store, report)
    assert [stage for stage, *_ in report.told if stage != "load"][:2] == [MOTION, "encode"]


def test_where_a_driving_video_finds_no_room_beside_the_models_they_go(
    family: Family, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer, held = WanRenderer(threads=1, family="tiny", root=str(family.root), device="cpu"), []

    def prepare(*_: object) -> None:
        held.append(renderer.warm)
        if renderer.warm:
            raise torch.OutOfMemoryError

    monkeypatch.setattr("flows.cluster.wan_clips.prepare_motion", prepare)
    for prompt in ("a boat", "a ship"):
        assert renderer.render(wan_clip(family, prompt), store, Report()).num_frames == 9
    assert held == [frozenset(), {wan_clip(family, "a boat").model}, frozenset()]


def test_films_that_ask_for_other_things_share_the_models_that_are_loaded(
    renderer: WanRenderer, family: Family, store: Store
) -> None:
    renderer.render(wan_clip(family, "one"), store, Report())
    root = str(family.root)
    other = WanRenderer(threads=1, family="tiny", root=root, device="cpu", checkpoint_seconds=5.0, placement="resident")
    other.take_over(renderer)
    report = Report()
    other.render(wan_clip(family, "two"), store, report)
    assert "load" not in {stage for stage, _, _ in report.told}
    assert other.warm == renderer.warm != frozenset()


def test_when_room_is_needed_the_least_useful_model_goes_and_not_the_one_unused_for_longest(
    family: Family, store: Store
) -> None:
    renderer = WanRenderer(threads=1, family="tiny", root=str(family.root), device="cpu")
    size = sum(path.stat().st_size for path in Checkpoint.open(family, "t2v-a14b").weights)
    renderer._budget = int(2.5 * size)
    renderer._drop_models()
    boat = wan_clip(family, "a red boat")
    clips = [
        changed(boat, numerics=replace(boat.spec.numerics, precision=precision))
        for precision in ("fp32", "bf16", "reference")
    ]
    first, second, third = (one.model for one in clips)
    for one in clips[:2]:
        renderer.render(one, store, Report())
    assert renderer.warm == {first, second}
    renderer.weigh({first: 900.0, second: 20.0})
    renderer.render(clips[2], store, Report())
    assert renderer.warm == {first, third}
