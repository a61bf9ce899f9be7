"""What a clip asks of a pipeline: everything the plan says by digest is read from the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

import flows
from flows.clips import ClipLora, ClipSpec, HandOff, Medium
from flows.cluster.requests import AS_IT_IS, CARRIED, ELSEWHERE, MADE, carried_on, frames_before, handed_off, request_of
from flows.errors import BlobMissing
from flows.media import png_bytes, write_clip
from flows.store import Store
from tests.flows.film.keyed import KEYED
from tests.flows.made import a_spec
from tests.flows.media.test_sound import tone
from tests.flows.records import empty_record
from wan.request import ClipRequest
from wan.validate import check_request
from wan.variants import VARIANTS
from wan.variants.vace.method import ControlMethod


def test_every_field_of_a_spec_reaches_the_pipeline() -> None:
    ways = [*AS_IT_IS, *MADE, *ELSEWHERE]
    assert sorted(ways) == sorted(ClipSpec.__dataclass_fields__)
    assert set(AS_IT_IS) <= ClipRequest.__dataclass_fields__.keys()


def test_sound_videos_and_references_become_fields_by_name(store: Store, tmp_path: Path) -> None:
    sound = store.put_file(tone(tmp_path / "a.wav", 0.5, 16_000))
    frames = np.zeros((8, 16, 16, 3), np.uint8)
    video = store.put_file(write_clip(frames, 16.0, tmp_path / "v.mkv"))
    pictures = [store.put_bytes(png_bytes(np.full((4, 4, 3), shade, np.uint8))) for shade in (1, 2)]
    media = (Medium("audio", sound), Medium("control", video), *(Medium("references", one) for one in pictures))
    request = request_of(a_spec(media=media, media_fps=16, start_frame=4), store)
    assert request.audio is not None
    assert (request.audio.sample_rate, len(request.audio.samples)) == (16_000, 8_000)
    assert request.control is not None
    assert request.control.num_frames == 8
    assert [int(one[0, 0, 0]) for one in request.references] == [1, 2]
    assert request.start_frame == 4


def test_strength_scale_and_camera_are_told(store: Store, tmp_path: Path) -> None:
    video = store.put_file(write_clip(np.zeros((8, 16, 16, 3), np.uint8), 16.0, tmp_path / "v.mkv"))
    clip = a_spec(media=(Medium("video", video),), media_fps=16, strength=0.6, control_scale=0.5, camera="pan left")
    request = request_of(clip, store)
    assert (request.strength, request.control_scale, request.camera) == (0.6, 0.5, "pan left")
    assert request.video is not None
    assert request.video.frames(0, 3).shape == (3, 16, 16, 3)


def test_loras_are_files_with_weights(store: Store) -> None:
    digest = store.put_bytes(b"weights")
    (lora,) = request_of(a_spec(loras=(ClipLora(digest, 0.5, "high"),)), store).loras
    assert (lora.digest, lora.weight, lora.expert) == (digest, 0.5, "high")
    assert lora.path.read_bytes() == b"weights"


def test_what_the_clip_before_carried_on_is_exact(store: Store) -> None:
    motion = torch.randn(1, 16, 19, 2, 2)
    blob = store.put_bytes(save({"latents": torch.zeros(1), CARRIED + "motion": motion}))
    store.publish(replace(empty_record("b" * 64), latents=blob))
    hand_off = HandOff((("b" * 64,),), what="carried")
    clip = a_spec(hand_off=hand_off)
    request = request_of(clip, store)
    assert request.image is None
    assert request.carried is not None
    assert list(request.carried) == ["motion"]
    assert torch.equal(request.carried["motion"], motion)
    with pytest.raises(BlobMissing):
        carried_on(HandOff((("a" * 64,),), what="carried"), store)


def numbered(store: Store, tmp_path: Path, name: str, first: int, count: int) -> None:
    """A finished clip whose frames are as bright as their number in the shot."""
    levels = np.arange(first, first + count, dtype=np.uint8)[:, None, None, None]
    blob = store.put_file(write_clip(np.broadcast_to(levels, (count, 16, 16, 3)).copy(), 16.0, tmp_path / "v.mkv"))
    store.publish(replace(empty_record(name), video=blob, num_frames=count))


def before(hand_off: HandOff, store: Store, count: int) -> list[int]:
    """The brightness of so many frames that come before."""
    return [int(each) for each in frames_before(replace(hand_off, count=count), store)[:, 0, 0, 0]]


def test_the_frames_before_reach_back_as_far_as_the_shot_does(store: Store, tmp_path: Path) -> None:
    one, two, three = "1" * 64, "2" * 64, "3" * 64
    numbered(store, tmp_path, one, 0, 29)
    numbered(store, tmp_path, two, 29, 32)
    numbered(store, tmp_path, three, 61, 32)
    take = (one, two, three)
    shown = HandOff((take,), frame=9, what="frames")
    assert before(shown, store, 73) == list(range(71))
    assert before(shown, store, 40) == list(range(31, 71))
    assert before(HandOff((take,), what="frames"), store, 5) == list(range(88, 93))


def test_a_frame_of_an_earlier_clip_is_found_in_the_take_it_belongs_to(store: Store, tmp_path: Path) -> None:
    take = ("1" * 64, "2" * 64, "3" * 64)
    for number, name in enumerate(take):
        numbered(store, tmp_path, name, 9 * number, 9)
    assert handed_off(HandOff((take,), frame=4, back=1), store)[0, 0, 0] == 13
    assert handed_off(HandOff((take,), frame=2, back=2), store)[0, 0, 0] == 2
    early = HandOff((take,), frame=4, back=1, what="frames")
    assert before(early, store, 6) == list(range(8, 14))


def test_frames_that_clips_repeat_of_each_other_are_counted_once(store: Store, tmp_path: Path) -> None:
    take = ("1" * 64, "2" * 64, "3" * 64)
    for number, name in enumerate(take):
        numbered(store, tmp_path, name, 4 * number, 9)  # each repeats 5 frames of the one before
    handed = HandOff((take,), "frames", repeated=5)
    assert before(handed, store, 9) == list(range(8, 17))
    assert before(replace(handed, frame=6, back=1), store, 9) == list(range(2, 11))


def test_where_rates_differ_the_frames_are_those_that_the_film_shows(store: Store, tmp_path: Path) -> None:
    take = ("1" * 64, "2" * 64)
    numbered(store, tmp_path, take[0], 0, 9)
    numbered(store, tmp_path, take[1], 9, 9)
    doubled = HandOff((take,), "frames", count=5, offsets=(3, 2, 2, 1, 0))
    assert before(doubled, store, 5) == [14, 15, 15, 16, 17]
    halved = HandOff((take,), "frames", frame=0, count=5, offsets=(8, 6, 4, 2, 0))
    assert before(halved, store, 5) == [1, 3, 5, 7, 9]


def test_frames_are_handed_on_bit_for_bit(store: Store, tmp_path: Path) -> None:
    """Every one of 16.7 million colours comes back as it was written, whatever way frames are read."""
    levels = np.arange(1 << 24, dtype=np.uint32)
    colours = np.stack([levels >> 16, levels >> 8 & 255, levels & 255], axis=-1).astype(np.uint8)
    frames = colours.reshape(16, 1024, 1024, 3)
    blob = store.put_file(write_clip(frames, 16.0, tmp_path / "v.mkv"))
    store.publish(replace(empty_record("1" * 64), video=blob, num_frames=16))
    hand_off = HandOff((("1" * 64,),), "frames", count=16)
    assert np.array_equal(frames_before(hand_off, store), frames)
    assert np.array_equal(handed_off(replace(hand_off, what="frame", frame=11), store), frames[11])


def test_a_frame_for_looks_comes_behind_the_pictures_of_the_cast(store: Store, tmp_path: Path) -> None:
    numbered(store, tmp_path, "1" * 64, 0, 8)
    picture = store.put_bytes(png_bytes(np.full((4, 4, 3), 99, np.uint8)))
    hand_off = HandOff((("1" * 64,),), "reference", frame=3)
    shown = a_spec(variant="vace-fun-a14b", media=(Medium("references", picture),), media_fps=16, hand_off=hand_off)
    request = request_of(shown, store)
    assert [int(one[0, 0, 0]) for one in request.references] == [99, 3]
    assert (request.image, request.before) == (None, None), "it starts anew"
    (alone,) = request_of(replace(shown, media=(), media_fps=None), store).references
    assert alone[0, 0, 0] == 3


def test_speech_comes_after_a_frame_and_other_clips_begin_with_it(store: Store, tmp_path: Path) -> None:
    numbered(store, tmp_path, "1" * 64, 0, 8)
    picture = store.put_bytes(png_bytes(np.full((4, 4, 3), 9, np.uint8)))
    clip = a_spec(hand_off=HandOff((("1" * 64,),), frame=3))
    begun = request_of(replace(clip, variant="i2v-a14b"), store)
    assert (begun.before, begun.image is not None and begun.image[0, 0, 0]) == (None, 3)
    spoken = request_of(replace(clip, variant="s2v-14b", image=picture), store)
    assert spoken.before is not None
    assert spoken.before[:, 0, 0, 0].tolist() == [3]
    assert spoken.image is not None
    assert spoken.image[0, 0, 0] == 9
    again = replace(clip, variant="vace-fun-a14b", hand_off=HandOff((("1" * 64,),), what="frames", count=5))
    before = request_of(again, store).before
    assert before is not None
    assert before[:, 0, 0, 0].tolist() == [3, 4, 5, 6, 7]


def test_what_is_handed_on_is_of_the_take_that_the_film_shows(store: Store, tmp_path: Path) -> None:
    """Of two takes the second one's weakest clip is better, though its last one is worse."""
    for number, quality in enumerate((0.2, 0.9, 0.5, 0.4), 1):
        blob = store.put_file(write_clip(np.full((4, 16, 16, 3), number, np.uint8), 16.0, tmp_path / "v.mkv"))
        name = str(number) * 64
        store.publish(replace(empty_record(name), video=blob, num_frames=4, scores={"quality": quality}))
    one, two, three, four = (str(number) * 64 for number in (1, 2, 3, 4))
    assert handed_off(HandOff(((one, two), (three, four)), frame=2), store)[0, 0, 0] == 4
    assert handed_off(HandOff(((two,), (four,)), frame=2), store)[0, 0, 0] == 2


BOARD = """
storyboard: 1
title: Going on
cast:
  owl: {description: an owl, reference: owl.png}
shot_defaults: {duration: 3}
scenes:
  - id: wood
    shots:
      - {id: one, prompt: a tree}
      - {id: two, prompt: <owl> flies, continuity: {from: one, by: overlap}}
      - {id: three, prompt: <owl> sits, continuity: {from: one, by: reference}}
"""


def test_at_true_size_vace_is_asked_for_what_it_can_make(store: Store, tmp_path: Path) -> None:
    """The right inputs, before any weights: those of a film of the released family."""
    (tmp_path / "film.yaml").write_text(BOARD)
    (tmp_path / "owl.png").write_bytes(png_bytes(np.full((64, 64, 3), 77, np.uint8)))
    project = flows.load(tmp_path / "film.yaml", ["model=wan22", f"store.address={tmp_path / 'films'}"])
    plan = flows.plan(project, weights=False)
    first, *others = plan.clips
    numbered(store, tmp_path, first.fingerprint, 0, first.spec.num_frames)
    for digest, path in plan.assets.items():
        assert store.put_file(Path(path)) == digest
    overlap, looks = (request_of(clip.spec, store) for clip in others)
    variant = VARIANTS["vace-fun-a14b"]
    for clip, request in zip(others, (overlap, looks), strict=True):
        assert (clip.spec.variant, request.width, request.height) == (variant.name, 1280, 720)
        check_request(request, variant)
        ControlMethod(variant, parts=None).check(request)  # type: ignore[arg-type]
    assert overlap.before is not None
    assert overlap.before[:, 0, 0, 0].tolist() == list(range(48 - 9, 48))
    assert (overlap.num_frames, others[0].skip_first, others[0].keep) == (57, 9, 48)
    assert [int(each[0, 0, 0]) for each in overlap.references] == [77], "the owl"
    assert [int(each[0, 0, 0]) for each in looks.references] == [77, 47], "the owl, and the last frame that is seen"
    assert (looks.before, looks.image, others[1].skip_first) == (None, None, 0)


def test_a_clip_between_keyframes_has_both_as_pictures(store: Store, tmp_path: Path) -> None:
    frames = np.stack([np.full((16, 16, 3), shade, np.uint8) for shade in (10, 20, 30)])
    first = store.publish(
        replace(
            empty_record("a" * 64),
            video=store.put_file(write_clip(frames, 16.0, tmp_path / "a.mkv")),
            last_frame=store.put_bytes(png_bytes(frames[-1])),
            num_frames=3,
        )
    )
    one = store.publish(replace(empty_record("b" * 64), last_frame=store.put_bytes(png_bytes(frames[0])), num_frames=1))
    spec = a_spec(
        variant="i2v-a14b",
        hand_off=HandOff(((first.fingerprint,),), frame=1),
        ends_on=HandOff(((one.fingerprint,),), frame=0),
    )
    request = request_of(spec, store)
    assert request.image is not None
    assert request.last_image is not None
    assert (int(request.image[0, 0, 0]), int(request.last_image[0, 0, 0])) == (20, 10)
    with pytest.raises(BlobMissing):
        request_of(replace(spec, ends_on=HandOff((("c" * 64,),), frame=0)), store)


def test_what_lies_between_keyframes_is_what_i2v_takes_at_true_size(tmp_path: Path, store: Store) -> None:
    (tmp_path / "film.yaml").write_text(KEYED.replace("title:", "format: {size: 1280x720, fps: 16}\ntitle:"))
    settings = ["model=wan22", f"store.address={tmp_path / 'other'}", f"film.outputs={tmp_path}"]
    plan = flows.plan(flows.load(tmp_path / "film.yaml", overrides=settings), weights=False)
    for still in plan.stills_of(plan.shots):
        (clip,) = still.takes[0].clips
        request = request_of(clip.spec, store)
        check_request(request, VARIANTS[clip.spec.variant])
        assert (clip.spec.variant, request.num_frames, request.width) == ("t2v-a14b", 1, 1280)
        picture = png_bytes(np.full((720, 1280, 3), len(clip.spec.prompt), np.uint8))
        record = replace(empty_record(clip.fingerprint), last_frame=store.put_bytes(picture), num_frames=1)
        store.publish(record)
    for shot in plan.shots:
        (clip,) = shot.takes[0].clips
        request = request_of(clip.spec, store)
        check_request(request, VARIANTS[clip.spec.variant])
        assert (clip.spec.variant, request.num_frames) == ("i2v-a14b", 33)
        assert request.image is not None
        assert int(request.image[0, 0, 0]) == len(shot.prompt)
        later = next((each for each in plan.shots if each.id == shot.leads_to), None)
        assert (request.last_image is None) == (later is None)
        if later is not None and request.last_image is not None:
            assert int(request.last_image[0, 0, 0]) == len(later.prompt)
