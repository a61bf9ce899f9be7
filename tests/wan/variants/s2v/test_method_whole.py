"""S2V from files to frames, with random weights: loader, placements, states that go on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from wan.families import Family
from wan.load import load_pipeline
from wan.pipeline import Pipeline
from wan.request import ArrayVideo, Audio, ClipRequest, Guidance, Numerics, Sampling
from wan.state import State
from wan.weights.checkpoint import Checkpoint

LAYERS = 24  # as the published layout takes for granted


@pytest.fixture(scope="module")
def checkpoint(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    from wan.variants.s2v.transformer import WanS2VTransformer3DModel

    folder = tmp_path_factory.mktemp("s2v")
    torch.manual_seed(5)
    WanS2VTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        text_dim=16,
        freq_dim=32,
        ffn_dim=32,
        num_layers=3,
        audio_dim=12,
        num_audio_layers=LAYERS + 1,
        audio_inject_layers=(0, 2),
    ).save_pretrained(folder / "transformer")
    Wav2Vec2ForCTC(
        Wav2Vec2Config(
            vocab_size=4,
            hidden_size=12,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            intermediate_size=16,
            conv_dim=(8,) * 7,
            num_conv_pos_embeddings=4,
            num_conv_pos_embedding_groups=2,
            do_stable_layer_norm=True,
            feat_extract_norm="layer",
        )
    ).save_pretrained(folder / "audio_encoder")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "WanSpeechToVideoPipeline"}))
    assert family.root is not None
    shared = {name: Path(family.root) / "shared" / name for name in ("vae", "text_encoder", "tokenizer")}
    return Checkpoint.at(folder, "s2v-14b", shared=shared)


@pytest.fixture(scope="module")
def pipeline(checkpoint: Checkpoint) -> Pipeline:
    return load_pipeline("s2v-14b", checkpoint, device="cpu")


@pytest.fixture
def request_() -> ClipRequest:
    random = np.random.default_rng(1)
    return ClipRequest(
        prompt="a red boat moves right",
        negative_prompt="blue",
        width=64,
        height=64,
        num_frames=13,
        sampling=Sampling(2, 3.0, Guidance(4.5, 4.5), "unipc"),
        seed=3,
        image=random.integers(0, 256, (80, 70, 3), dtype=np.uint8),
        audio=Audio(random.standard_normal(44_100 * 2).astype(np.float32) * 0.1, 44_100),
    )


def test_a_picture_speaks_and_the_next_clip_goes_on(pipeline: Pipeline, request_: ClipRequest) -> None:
    first = pipeline.finish(pipeline.advance(pipeline.encode(request_)))
    assert first.frames.shape == (13, 64, 64, 3)
    later = replace(request_, start_frame=13, num_frames=16, carried=first.carried)
    second = pipeline.finish(pipeline.advance(pipeline.encode(later)))
    assert second.frames.shape == (16, 64, 64, 3)
    assert second.carried["motion"].shape == (1, 16, 19, 8, 8)


@pytest.mark.parametrize("what", ["audio", "image", "pose", "prompt", "negative_prompt"])
def test_everything_that_is_given_matters(pipeline: Pipeline, request_: ClipRequest, what: str) -> None:
    assert request_.audio is not None
    assert request_.image is not None
    others: dict[str, Any] = {
        "audio": Audio(request_.audio.samples[::-1].copy(), 44_100),
        "image": request_.image[::-1].copy(),
        "pose": ArrayVideo(np.full((40, 64, 64, 3), 200, np.uint8)),
        "prompt": "a blue boat",
        "negative_prompt": "red",
    }
    changed = replace(request_, **{what: others[what]})
    before, after = (pipeline.advance(pipeline.encode(each)).latents for each in (request_, changed))
    assert not torch.allclose(before, after)


def test_a_state_that_was_written_goes_on_bit_for_bit(
    pipeline: Pipeline, request_: ClipRequest, tmp_path: Path
) -> None:
    first = pipeline.finish(pipeline.advance(pipeline.encode(request_)))
    later = replace(request_, start_frame=13, num_frames=16, carried=first.carried)
    whole = pipeline.advance(pipeline.encode(later))
    pipeline.advance(pipeline.encode(later), 1).save(tmp_path / "state")
    again = pipeline.advance(State.load(tmp_path / "state"))
    assert torch.equal(again.latents, whole.latents)
    assert np.array_equal(pipeline.decode(again), pipeline.decode(whole))


@pytest.mark.parametrize("placement", ["expert_swap", "offload", "low_vram"])
def test_every_placement_makes_the_same_clip(
    pipeline: Pipeline, checkpoint: Checkpoint, request_: ClipRequest, placement: Any
) -> None:
    other = load_pipeline("s2v-14b", checkpoint, device="cpu", placement=placement)
    found, wanted = (each.finish(each.advance(each.encode(request_))) for each in (other, pipeline))
    assert np.array_equal(found.frames, wanted.frames)
    assert torch.equal(found.carried["motion"], wanted.carried["motion"])


def test_the_layout_it_is_published_in_is_loaded_as_it_is(
    pipeline: Pipeline, checkpoint: Checkpoint, request_: ClipRequest, tmp_path: Path
) -> None:
    """diffusers' folders, but for keys and configuration of the transformer, and the speech model's old weight norm."""
    folders = {name: path for name, path in checkpoint.components.items() if name in ("transformer", "audio_encoder")}
    for name, path in folders.items():
        shutil.copytree(path, tmp_path / name)
    _publish(tmp_path / "transformer", checkpoint.components["transformer"])
    speech = tmp_path / "audio_encoder" / "model.safetensors"
    old = {"original0": "weight_g", "original1": "weight_v"}
    save_file(
        {
            next(
                (key.replace(f"parametrizations.weight.{new}", name) for new, name in old.items() if new in key), key
            ): w
            for key, w in load_file(speech).items()
        },
        speech,
    )
    (tmp_path / "model_index.json").write_text("{}")
    shared = {name: checkpoint.components[name] for name in ("vae", "text_encoder", "tokenizer")}
    other = load_pipeline("s2v-14b", Checkpoint.at(tmp_path, "s2v-14b", shared=shared), device="cpu")
    found, wanted = (each.advance(each.encode(request_)).latents for each in (other, pipeline))
    assert torch.equal(found, wanted)


def _publish(folder: Path, own: Path) -> None:
    """A transformer in the reference's words."""
    from wan.variants.s2v.keys import s2v_key
    from wan.variants.s2v.transformer import WanS2VTransformer3DModel

    config = WanS2VTransformer3DModel.load_config(own)
    weights = load_file(own / "diffusion_pytorch_model.safetensors")
    names = {s2v_key(key): key for key in _reference_keys(config)}
    assert names.keys() == weights.keys()
    save_file({names[key]: value for key, value in weights.items()}, folder / "diffusion_pytorch_model.safetensors")
    dim = config["num_attention_heads"] * config["attention_head_dim"]
    same = {name: config[name] for name in ("freq_dim", "ffn_dim", "num_layers", "audio_dim", "audio_inject_layers")}
    reference = {
        "_class_name": "WanModel_S2V",
        "dim": dim,
        "num_heads": config["num_attention_heads"],
        "in_dim": 16,
        "out_dim": 16,
        "cond_dim": 16,
        "text_dim": config["text_dim"],
        "num_audio_token": config["num_audio_tokens"],
        **same,
    }
    (folder / "config.json").write_text(json.dumps(reference))


def _reference_keys(config: Any) -> list[str]:
    attention = [f"{part}.{kind}" for part in "qkvo" for kind in ("weight", "bias")]
    attention += ["norm_q.weight", "norm_k.weight"]
    both = ("weight", "bias")
    keys = [
        f"{name}.{kind}"
        for kind in both
        for name in (
            "patch_embedding",
            "cond_encoder",
            "frame_packer.proj",
            "frame_packer.proj_2x",
            "frame_packer.proj_4x",
            "text_embedding.0",
            "text_embedding.2",
            "time_embedding.0",
            "time_embedding.2",
            "time_projection.1",
            "head.head",
            "casual_audio_encoder.encoder.final_linear",
            *(
                f"casual_audio_encoder.encoder.{conv}.conv"
                for conv in ("conv1_local", "conv1_global", "conv2", "conv3")
            ),
        )
    ]
    keys += ["head.modulation", "trainable_cond_mask.weight"]
    keys += ["casual_audio_encoder.weights", "casual_audio_encoder.encoder.padding_tokens"]
    for block in range(config["num_layers"]):
        keys += [f"blocks.{block}.{part}.{name}" for part in ("self_attn", "cross_attn") for name in attention]
        keys += [f"blocks.{block}.{name}.{kind}" for name in ("norm3", "ffn.0", "ffn.2") for kind in both]
        keys.append(f"blocks.{block}.modulation")
    for number in range(len(config["audio_inject_layers"])):
        keys += [f"audio_injector.injector.{number}.{name}" for name in attention]
        keys += [f"audio_injector.injector_adain_layers.{number}.linear.{kind}" for kind in both]
    return keys


@pytest.mark.parametrize("precision", ["reference", "bf16", "fp8_storage"])
def test_a_clip_is_rendered_in_every_precision(
    pipeline: Pipeline, checkpoint: Checkpoint, request_: ClipRequest, precision: Any
) -> None:
    other = load_pipeline("s2v-14b", checkpoint, device="cpu", numerics=Numerics(precision=precision))
    found, wanted = (each.advance(each.encode(request_)).latents for each in (other, pipeline))
    assert (found - wanted).norm() / wanted.norm() < 0.1
