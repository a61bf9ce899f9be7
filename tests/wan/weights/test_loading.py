from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from wan.errors import CheckpointError
from wan.families import Family
from wan.precision import cast_model
from wan.weights.loading import load_model

CPU = torch.device("cpu")


def _folder(family: Family, part: str = "t2v-a14b/transformer") -> Path:
    assert family.root is not None
    return family.root / part


@pytest.mark.parametrize("precision", ["fp32", "bf16", "reference", "fp8_storage"])
def test_weights_are_those_that_diffusers_loads_and_casting_makes(family: Family, precision: Any) -> None:
    from diffusers import WanTransformer3DModel

    folder = _folder(family)
    wanted = cast_model(WanTransformer3DModel.from_pretrained(folder), precision)
    found = load_model(WanTransformer3DModel, folder, precision=precision, device=CPU)
    assert dict(found.named_buffers()).keys() == dict(wanted.named_buffers()).keys()
    for name, tensor in [*wanted.named_parameters(), *wanted.named_buffers()]:
        other = found.get_parameter(name) if name in dict(found.named_parameters()) else found.get_buffer(name)
        assert tensor.dtype == other.dtype, name
        assert torch.equal(tensor.float(), other.float()), name


def test_a_text_encoder_is_loaded_like_the_rest_with_its_tied_embedding(family: Family) -> None:
    from transformers import UMT5EncoderModel

    folder = _folder(family, "shared/text_encoder")
    found = load_model(UMT5EncoderModel, folder, precision="fp32", device=CPU)
    wanted = UMT5EncoderModel.from_pretrained(folder)
    ids = torch.tensor([[3, 4, 5]])
    assert found.encoder.embed_tokens.weight is found.shared.weight
    assert all(torch.equal(weight, found.get_parameter(name)) for name, weight in wanted.named_parameters())
    # transformers leaves weights unaligned in the file, and alignment decides the order of some sums
    assert torch.allclose(found(input_ids=ids).last_hidden_state, wanted(input_ids=ids).last_hidden_state, atol=1e-5)


def test_mapped_weights_stay_in_their_file(family: Family) -> None:
    from diffusers import WanTransformer3DModel

    model = load_model(WanTransformer3DModel, _folder(family), precision="fp32", device=CPU, mapped=True)
    addresses = sorted(weight.data_ptr() for weight in model.parameters())
    size = (_folder(family) / "diffusion_pytorch_model.safetensors").stat().st_size
    assert addresses[-1] - addresses[0] < size


@pytest.mark.parametrize(("drop", "add", "message"), [(True, False, "lacks 1 weights"), (False, True, "is no weight")])
def test_weights_too_few_and_too_many_are_errors(
    family: Family, tmp_path: Path, drop: bool, add: bool, message: str
) -> None:
    import shutil

    from diffusers import WanTransformer3DModel

    folder = Path(shutil.copytree(_folder(family), tmp_path / "transformer"))
    file = folder / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    if drop:
        del tensors["proj_out.bias"]
    if add:
        tensors["something.else"] = torch.zeros(1)
    save_file(tensors, file)
    with pytest.raises(CheckpointError, match=message):
        load_model(WanTransformer3DModel, folder, precision="fp32", device=CPU)


_MEASURE = """
import sys
from pathlib import Path
import torch
from diffusers import WanTransformer3DModel
from wan.weights.loading import load_model
def resident(): return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) * 1024
load_model(WanTransformer3DModel, Path(sys.argv[2]), precision="bf16", device=torch.device("cpu"))
before = resident()
load_model(WanTransformer3DModel, Path(sys.argv[1]), precision="bf16", device=torch.device("cpu"))
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_weights_in_fp32_on_disk_never_lie_in_memory_in_fp32(family: Family, tmp_path: Path) -> None:
    """Host memory at its peak is at most 1.2 times the weights in bf16, and fp32 shards are twice that."""
    from diffusers import WanTransformer3DModel

    sizes = {"num_attention_heads": 4, "attention_head_dim": 128, "ffn_dim": 2048, "num_layers": 40}
    with torch.device("meta"):
        model = WanTransformer3DModel(text_dim=64, **sizes).to(torch.float32)
    model.to_empty(device="cpu").save_pretrained(tmp_path / "large", max_shard_size="80MB")
    half = 2 * sum(weight.numel() for weight in model.parameters())
    assert half > 300e6
    out = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(tmp_path / "large"), str(_folder(family))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(out.stdout) < 1.2 * half
