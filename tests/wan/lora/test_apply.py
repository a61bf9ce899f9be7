from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from wan.errors import RequestError
from wan.families import Family
from wan.load import load_pipeline
from wan.lora.apply import put_on, take_off
from wan.lora.file import open_lora
from wan.model.expert import Expert
from wan.pipeline import Pipeline
from wan.precision import cast_model
from wan.request import ClipRequest, Lora, Numerics
from wan.system.digests import file_digests
from wan.weights.checkpoint import Checkpoint

CPU = torch.device("cpu")
RANK = 3


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


@pytest.fixture
def model() -> Any:
    from diffusers import WanTransformer3DModel

    torch.manual_seed(0)
    sizes = {"num_attention_heads": 2, "attention_head_dim": 12, "ffn_dim": 32, "num_layers": 2}
    return WanTransformer3DModel(in_channels=16, out_channels=16, text_dim=16, freq_dim=32, **sizes).eval()


class Files:
    """Writes LoRA files and says what they should amount to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def write(self, tensors: Mapping[str, Tensor], **values: Any) -> Lora:
        self.count += 1
        path = self.folder / f"{self.count}.safetensors"
        save_file(dict(tensors), path, metadata=values.pop("metadata", None))
        return Lora(path, file_digests([path])[0], **values)

    def pair(self, rows: int, columns: int, seed: int) -> tuple[Tensor, Tensor]:
        torch.manual_seed(seed)
        return torch.randn(RANK, columns), torch.randn(rows, RANK) * 0.2


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def velocity(model: Any, numerics: Numerics | None = None) -> Tensor:
    torch.manual_seed(1)
    expert = Expert(model, numerics)
    latents, text = torch.randn(1, 16, 3, 4, 6), torch.randn(1, 12, 16)
    return expert.velocities(latents, 700, expert.context([text], latents))[0]


def merged(model: Any, additions: Mapping[str, Tensor]) -> Any:
    """A copy whose weights hold the additions."""
    other = copy.deepcopy(model)
    parameters = dict(other.named_parameters())
    for name, addition in additions.items():
        parameters[name].data += addition.view(parameters[name].shape)
    return other


def test_it_equals_merged_weights(model: Any, files: Files) -> None:
    query, feed = files.pair(24, 24, 2), files.pair(32, 24, 3)
    lora = files.write(
        {
            "transformer.blocks.0.attn1.to_q.lora_A.weight": query[0],
            "transformer.blocks.0.attn1.to_q.lora_B.weight": query[1],
            "transformer.blocks.1.ffn.net.0.proj.lora_A.weight": feed[0],
            "transformer.blocks.1.ffn.net.0.proj.lora_B.weight": feed[1],
        },
        weight=0.7,
    )
    wanted = merged(
        model,
        {
            "blocks.0.attn1.to_q.weight": 0.7 * query[1] @ query[0],
            "blocks.1.ffn.net.0.proj.weight": 0.7 * feed[1] @ feed[0],
        },
    )
    put_on(model, [lora], CPU)
    assert torch.allclose(velocity(model), velocity(wanted), atol=1e-5)


def test_taken_off_it_leaves_the_very_model(model: Any, files: Files) -> None:
    before, names = velocity(model), list(model.state_dict())
    down, up = files.pair(24, 24, 2)
    lora = files.write({"blocks.0.attn1.to_q.lora_A.weight": down, "blocks.0.attn1.to_q.lora_B.weight": up})
    put_on(model, [lora], CPU)
    assert list(model.state_dict()) == names
    assert not torch.equal(velocity(model), before)
    put_on(model, [], CPU)
    assert torch.equal(velocity(model), before)
    assert type(model.blocks[0].attn1.to_q) is torch.nn.Linear


def test_two_add_up_and_the_next_clip_has_only_its_own(model: Any, files: Files) -> None:
    pairs = [files.pair(24, 24, seed) for seed in (2, 3)]
    loras = [
        files.write({"blocks.0.attn1.to_q.lora_A.weight": down, "blocks.0.attn1.to_q.lora_B.weight": up}, weight=weight)
        for (down, up), weight in zip(pairs, (0.5, -1.0), strict=True)
    ]
    both = merged(model, {"blocks.0.attn1.to_q.weight": 0.5 * pairs[0][1] @ pairs[0][0] - pairs[1][1] @ pairs[1][0]})
    second = merged(model, {"blocks.0.attn1.to_q.weight": -pairs[1][1] @ pairs[1][0]})
    put_on(model, loras, CPU)
    assert torch.allclose(velocity(model), velocity(both), atol=1e-5)
    put_on(model, loras[1:], CPU)
    assert torch.allclose(velocity(model), velocity(second), atol=1e-5)


@pytest.mark.parametrize(
    ("down_key", "up_key", "alpha_key"),
    [
        ("blocks.0.attn1.to_out.0.lora_A.weight", "blocks.0.attn1.to_out.0.lora_B.weight", None),
        ("base_model.model.blocks.0.attn1.to_out.0.lora_A.default.weight", None, None),
        ("transformer_2.blocks.0.attn1.to_out.0.lora.down.weight", None, None),
        ("diffusion_model.blocks.0.self_attn.o.lora_A.weight", None, None),
        ("diffusion_model.blocks.0.self_attn.o.lora_down.weight", None, "diffusion_model.blocks.0.self_attn.o.alpha"),
        ("blocks.0.self_attn.o.lora_down.weight", None, "blocks.0.self_attn.o.alpha"),
        ("lora_unet_blocks_0_self_attn_o.lora_down.weight", None, "lora_unet_blocks_0_self_attn_o.alpha"),
        ("lora_unet_blocks_0_attn1_to_out_0.lora_down.weight", None, "lora_unet_blocks_0_attn1_to_out_0.alpha"),
        ("lycoris_blocks_0_attn1_to_out_0.lora_down.weight", None, "lycoris_blocks_0_attn1_to_out_0.alpha"),
        ("pipe.dit.blocks.0.self_attn.o.lora_A.default.weight", None, None),
        ("blocks.0.self_attn.o.lora_A.my_style.weight", None, None),
    ],
)
def test_every_way_of_writing_a_layer_is_understood(
    model: Any, files: Files, down_key: str, up_key: str | None, alpha_key: str | None
) -> None:
    down, up = files.pair(24, 24, 2)
    up_key = up_key or down_key.replace("lora_A", "lora_B").replace("down", "up")
    tensors = {down_key: down, up_key: up}
    scale = 1.0
    if alpha_key:
        tensors[alpha_key] = torch.tensor(2.0 * RANK)
        scale = 2.0
    wanted = merged(model, {"blocks.0.attn1.to_out.0.weight": scale * up @ down})
    put_on(model, [files.write(tensors)], CPU)
    assert torch.allclose(velocity(model), velocity(wanted), atol=1e-5)


@pytest.mark.parametrize(
    ("kohya", "place"),
    [
        ("blocks_1_cross_attn_k", "blocks.1.attn2.to_k"),
        ("blocks_1_ffn_0", "blocks.1.ffn.net.0.proj"),
        ("blocks_1_ffn_2", "blocks.1.ffn.net.2"),
        ("text_embedding_0", "condition_embedder.text_embedder.linear_1"),
        ("time_embedding_2", "condition_embedder.time_embedder.linear_2"),
        ("time_projection_1", "condition_embedder.time_proj"),
        ("head_head", "proj_out"),
    ],
)
def test_kohyas_flat_names_find_their_layers(model: Any, files: Files, kohya: str, place: str) -> None:
    layer = model.get_submodule(place)
    down, up = files.pair(layer.out_features, layer.in_features, 2)
    lora = files.write({f"lora_unet_{kohya}.lora_down.weight": down, f"lora_unet_{kohya}.lora_up.weight": up})
    wanted = merged(model, {f"{place}.weight": up @ down})
    put_on(model, [lora], CPU)
    assert torch.allclose(velocity(model), velocity(wanted), atol=1e-4)


def test_plain_differences_of_a_distilled_model_count_too(model: Any, files: Files) -> None:
    torch.manual_seed(4)
    shapes = {
        "blocks.0.self_attn.q.diff_b": ("blocks.0.attn1.to_q.bias", (24,)),
        "blocks.0.self_attn.norm_k.diff": ("blocks.0.attn1.norm_k.weight", (24,)),
        "blocks.1.norm3.diff": ("blocks.1.norm2.weight", (24,)),
        "blocks.1.norm3.diff_b": ("blocks.1.norm2.bias", (24,)),
        "blocks.1.diff_m": ("blocks.1.scale_shift_table", (1, 6, 24)),
        "head.head.diff": ("proj_out.weight", (64, 24)),
        "head.diff_m": ("scale_shift_table", (1, 2, 24)),
        "patch_embedding.diff": ("patch_embedding.weight", (24, 16, 1, 2, 2)),
        "patch_embedding.diff_b": ("patch_embedding.bias", (24,)),
    }
    tensors = {f"diffusion_model.{key}": torch.randn(shape) * 0.1 for key, (_, shape) in shapes.items()}
    additions = {place: 0.5 * tensors[f"diffusion_model.{key}"] for key, (place, _) in shapes.items()}
    before, wanted = velocity(model), velocity(merged(model, additions))
    put_on(model, [files.write(tensors, weight=0.5)], CPU)
    assert torch.allclose(velocity(model), wanted, atol=1e-5)
    take_off(model)
    assert torch.equal(velocity(model), before)


def test_the_scale_diffusers_notes_down_is_used(model: Any, files: Files) -> None:
    down, up = files.pair(24, 24, 2)
    tensors = {
        "transformer.blocks.0.attn1.to_q.lora_A.weight": down,
        "transformer.blocks.0.attn1.to_q.lora_B.weight": up,
    }
    note = '{"transformer.r": 3, "transformer.lora_alpha": 6}'
    wanted = velocity(merged(model, {"blocks.0.attn1.to_q.weight": 2 * up @ down}))
    put_on(model, [files.write(tensors, metadata={"lora_adapter_metadata": note})], CPU)
    assert torch.allclose(velocity(model), wanted, atol=1e-5)


def test_norms_of_lycoris_are_differences(model: Any, files: Files) -> None:
    torch.manual_seed(5)
    tensors = {f"lora_unet_blocks_0_norm3.{kind}_norm": torch.randn(24) * 0.1 for kind in "wb"}
    additions = {
        f"blocks.0.norm2.{name}": tensors[f"lora_unet_blocks_0_norm3.{name[0]}_norm"] for name in ("weight", "bias")
    }
    wanted = velocity(merged(model, additions))
    put_on(model, [files.write(tensors)], CPU)
    assert torch.allclose(velocity(model), wanted, atol=1e-5)


def test_layers_of_their_own_alpha_have_their_own_scale(model: Any, files: Files) -> None:
    query, key = files.pair(24, 24, 2), files.pair(24, 24, 3)
    tensors: dict[str, Tensor] = {}
    for name, (down, up) in (("to_q", query), ("to_k", key)):
        tensors |= {f"transformer.blocks.0.attn1.{name}.lora_{side}.weight": t for side, t in (("A", down), ("B", up))}
    note = '{"transformer.lora_alpha": 6, "transformer.alpha_pattern": {"blocks.0.attn1.to_k": 12}}'
    additions = {
        "blocks.0.attn1.to_q.weight": 2 * query[1] @ query[0],
        "blocks.0.attn1.to_k.weight": 4 * key[1] @ key[0],
    }
    wanted = velocity(merged(model, additions))
    put_on(model, [files.write(tensors, metadata={"lora_adapter_metadata": note})], CPU)
    assert torch.allclose(velocity(model), wanted, atol=1e-5)


def test_a_21_lora_for_pictures_works_without_its_picture_layers(model: Any, files: Files) -> None:
    down, up = files.pair(24, 24, 2)
    plain = {f"diffusion_model.blocks.0.self_attn.q.lora_{side}.weight": t for side, t in (("down", down), ("up", up))}
    more = {
        f"diffusion_model.blocks.0.cross_attn.k_img.lora_{side}.weight": t for side, t in (("down", down), ("up", up))
    }
    put_on(model, [files.write(plain)], CPU)
    wanted = velocity(model)
    put_on(model, [files.write({**plain, **{key: value.clone() for key, value in more.items()}})], CPU)
    assert torch.equal(velocity(model), wanted)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"blocks.0.attn1.to_q.weight": (24, 24)}, "holds no LoRA"),
        ({"unet.mid_block.lora_A.weight": (3, 9), "unet.mid_block.lora_B.weight": (9, 3)}, "belong to no layer"),
        ({"blocks.7.attn1.to_q.lora_A.weight": (3, 24), "blocks.7.attn1.to_q.lora_B.weight": (24, 3)}, "belong to no"),
        ({"blocks.0.attn1.to_q.lora_A.weight": (3, 24)}, "only half"),
        (
            {"blocks.0.attn1.to_q.lora_A.weight": (3, 24), "blocks.0.attn1.to_q.lora_B.weight": (24, 2)},
            "of two ranks",
        ),
        (
            {"blocks.0.attn1.to_q.lora_A.weight": (3, 99), "blocks.0.attn1.to_q.lora_B.weight": (99, 3)},
            r"adds \[99, 99\] to blocks.0.attn1.to_q, which is \[24, 24\]",
        ),
        ({"blocks.0.attn1.to_q.lokr_w1": (3, 3)}, "is a LoKr"),
        ({"blocks.0.attn1.to_q.dora_scale": (3, 3)}, "is a DoRA"),
        ({"blocks.0.attn1.norm_q.lora_A.weight": (3, 24), "blocks.0.attn1.norm_q.lora_B.weight": (24, 3)}, "no layer"),
    ],
)
def test_a_file_that_does_not_fit_is_named_and_leaves_no_trace(
    model: Any, files: Files, tensors: Mapping[str, Any], message: str
) -> None:
    before = velocity(model)
    lora = files.write({key: torch.ones(shape) for key, shape in tensors.items()})
    with pytest.raises(RequestError, match=message) as raised:
        put_on(model, [lora], CPU)
    assert str(lora.path) in str(raised.value)
    assert torch.equal(velocity(model), before)


def test_a_cut_file_is_found_before_any_model_is_loaded(files: Files) -> None:
    down, up = files.pair(24, 24, 2)
    path = files.write({"blocks.1.attn1.to_q.lora_A.weight": down, "blocks.1.attn1.to_q.lora_B.weight": up}).path
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(RequestError, match=r"loras: .* is cut: .* fetch it again"):
        open_lora(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04 a pickle in a zip file", b"\x80\x02}q\x00."])
def test_a_pickle_is_refused(model: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lora.pt"
    path.write_bytes(content)
    with pytest.raises(RequestError, match="no safetensors file; pickled weights can run code"):
        put_on(model, [Lora(path, "d")], CPU)


@pytest.mark.parametrize("precision", ["bf16", "reference", "fp8_storage"])
def test_it_works_in_every_precision(model: Any, files: Files, precision: Any) -> None:
    numerics = Numerics(precision)
    down, up = files.pair(24, 24, 2)
    lora = files.write({"blocks.0.attn1.to_q.lora_A.weight": down, "blocks.0.attn1.to_q.lora_B.weight": up * 5})
    exact = velocity(merged(model, {"blocks.0.attn1.to_q.weight": 5 * up @ down}))
    cast_model(model, precision)
    before = velocity(model, numerics)
    put_on(model, [lora], CPU)
    found = velocity(model, numerics)
    assert float((found - exact).norm() / exact.norm()) < 0.05
    assert float((found - exact).norm()) < 0.7 * float((before - exact).norm())
    take_off(model)
    assert torch.equal(velocity(model, numerics), before)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_blocks_notice_it(model: Any, files: Files) -> None:
    numerics = Numerics(compile=True)
    down, up = files.pair(24, 24, 2)
    lora = files.write({"blocks.1.attn1.to_q.lora_A.weight": down, "blocks.1.attn1.to_q.lora_B.weight": up})
    before = velocity(model, numerics)
    put_on(model, [lora], CPU)
    assert torch.allclose(velocity(model, numerics), velocity(model), atol=1e-4)
    take_off(model)
    assert torch.equal(velocity(model, numerics), before)


def test_each_expert_wears_its_own(t2v: Pipeline, text_request: ClipRequest, files: Files) -> None:
    down, up = files.pair(24, 24, 2)
    lora = files.write({"blocks.0.attn1.to_q.lora_A.weight": down, "blocks.0.attn1.to_q.lora_B.weight": up})
    plain = _steps(t2v, text_request)
    high = _steps(t2v, replace(text_request, loras=(replace(lora, expert="high"),)))
    low = _steps(t2v, replace(text_request, loras=(replace(lora, expert="low"),)))
    both = _steps(t2v, replace(text_request, loras=(lora,)))
    assert not torch.equal(high[0], plain[0])
    assert torch.equal(low[1], plain[1])
    assert not torch.equal(low[2], plain[2])
    assert torch.equal(both[0], high[0])
    assert all(torch.equal(one, other) for one, other in zip(_steps(t2v, text_request), plain, strict=True))


def test_a_file_of_both_experts_is_laid_half_on_each(t2v: Pipeline, text_request: ClipRequest, files: Files) -> None:
    halves = {}
    for number, side in enumerate(("transformer", "transformer_2")):
        down, up = files.pair(24, 24, number)
        halves[side] = {f"{side}.blocks.0.attn1.to_q.lora_{name}.weight": t for name, t in (("A", down), ("B", up))}
    whole = files.write({**halves["transformer"], **{key: t.clone() for key, t in halves["transformer_2"].items()}})
    high, low = (files.write(halves[side]) for side in ("transformer", "transformer_2"))
    apart = (replace(high, expert="high"), replace(low, expert="low"))
    wanted = _steps(t2v, replace(text_request, loras=apart))
    for loras in ((whole,), (replace(whole, expert="high"), replace(whole, expert="low"))):
        found = _steps(t2v, replace(text_request, loras=loras))
        assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))
    plain = _steps(t2v, text_request)
    alone = _steps(t2v, replace(text_request, loras=(low,)))
    assert torch.equal(alone[1], plain[1])
    assert not torch.equal(alone[2], plain[2])
    with pytest.raises(RequestError, match="holds nothing for the high-noise expert"):
        _steps(t2v, replace(text_request, loras=(replace(low, expert="high"),)))


def _steps(pipeline: Pipeline, request: ClipRequest) -> list[Tensor]:
    """Latents after each of the four steps, two by each expert."""
    state, found = pipeline.encode(request), []
    while state.step < state.steps:
        state = pipeline.advance(state, state.step + 1)
        found.append(state.latents)
    return found


@pytest.mark.parametrize("kind", ["speech", "animate", "control"])
def test_the_transformers_of_the_other_variants_take_them_too(files: Files, kind: str) -> None:
    other = OTHERS[kind]()
    layer = other.get_submodule("blocks.1.attn1.to_q")
    down, up = files.pair(layer.out_features, layer.in_features, 2)
    key = "diffusion_model.blocks.1.self_attn.q.lora_"
    put_on(other, [files.write({f"{key}down.weight": down, f"{key}up.weight": up})], CPU)
    tokens = torch.randn(1, 5, layer.in_features)
    assert torch.allclose(layer(tokens), tokens @ (layer.weight + up @ down).T + layer.bias, atol=1e-5)
    take_off(other)
    assert torch.equal(layer(tokens), torch.nn.functional.linear(tokens, layer.weight, layer.bias))


def _speech() -> Any:
    from wan.variants.s2v.transformer import WanS2VTransformer3DModel

    sizes = {"num_attention_heads": 2, "attention_head_dim": 12, "ffn_dim": 32, "num_layers": 2}
    sound = {"audio_dim": 6, "num_audio_layers": 3, "audio_inject_layers": (0, 1)}
    return WanS2VTransformer3DModel(text_dim=8, freq_dim=16, **sizes, **sound)


def _animate() -> Any:
    from diffusers import WanAnimateTransformer3DModel

    sizes = {"num_attention_heads": 2, "attention_head_dim": 12, "ffn_dim": 32, "num_layers": 2}
    face = {"motion_encoder_size": 8, "motion_dim": 4, "motion_style_dim": 8, "motion_encoder_dim": 8}
    return WanAnimateTransformer3DModel(
        text_dim=8, freq_dim=16, image_dim=8, face_encoder_hidden_dim=8, face_encoder_num_heads=2, **sizes, **face
    )


def _control() -> Any:
    from diffusers import WanVACETransformer3DModel

    sizes = {"num_attention_heads": 2, "attention_head_dim": 12, "ffn_dim": 32, "num_layers": 2}
    return WanVACETransformer3DModel(text_dim=8, freq_dim=16, vace_layers=[0], vace_in_channels=96, **sizes)


OTHERS = {"speech": _speech, "animate": _animate, "control": _control}


@pytest.mark.parametrize("placement", ["expert_swap", "offload", "low_vram"])
def test_wherever_the_weights_live_it_gives_the_same_latents(
    family: Family, t2v: Pipeline, text_request: ClipRequest, files: Files, placement: Any
) -> None:
    down, up = files.pair(24, 24, 2)
    lora = files.write(
        {
            "blocks.1.attn1.to_q.lora_A.weight": down,
            "blocks.1.attn1.to_q.lora_B.weight": up,
            "diffusion_model.blocks.0.norm3.diff": torch.full((24,), 0.3),
            "diffusion_model.blocks.0.diff_m": torch.full((1, 6, 24), 0.1),
        }
    )
    moved = load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b"), device="cpu", placement=placement)
    request = replace(text_request, loras=(lora,))
    wanted = t2v.advance(t2v.encode(request)).latents
    assert torch.equal(moved.advance(moved.encode(request)).latents, wanted)
    plain = t2v.advance(t2v.encode(text_request)).latents
    assert torch.equal(moved.advance(moved.encode(text_request)).latents, plain)
    assert not torch.equal(plain, wanted)
