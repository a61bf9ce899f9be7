from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLWan

from wan.errors import Cancelled
from wan.model.vae import Vae
from wan.system.stop import heeding


def _model(**changes: Any) -> AutoencoderKLWan:
    torch.manual_seed(0)
    settings: dict[str, Any] = {"base_dim": 4, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 1, **changes}
    return AutoencoderKLWan(**settings).eval()


def _raw(vae: Vae, latents: torch.Tensor) -> torch.Tensor:
    return latents * vae._std + vae._mean


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


PIECES = pytest.mark.parametrize(
    "piece_bytes", [None, 1, 4 * 8 * 4 * 32 * 48 * 4 * 2], ids=["whole", "single", "pairs"]
)


@PIECES
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_decoding_is_diffusers_own(frames: int, piece_bytes: int | None) -> None:
    model = _model()
    vae = Vae(model, piece_bytes=piece_bytes)
    latents = torch.randn(1, 16, frames, 4, 6)
    wanted = model.decode(_raw(vae, latents)).sample
    found = vae.decode(latents)
    assert found.shape == (1, 3, 4 * frames - 3, 32, 48)
    assert float((found - wanted).abs().max()) < 1e-5


@PIECES
@pytest.mark.parametrize("frames", [1, 5, 17])
def test_encoding_is_diffusers_own(frames: int, piece_bytes: int | None) -> None:
    model = _model()
    vae = Vae(model, piece_bytes=piece_bytes)
    video = torch.rand(1, 3, frames, 32, 48) * 2 - 1
    wanted = model.encode(video).latent_dist.mode()
    assert float((_raw(vae, vae.encode(video)) - wanted).abs().max()) < 1e-5


def test_a_batch_is_the_same_as_one_by_one() -> None:
    vae = Vae(_model())
    latents = torch.randn(2, 16, 3, 4, 6)
    both = vae.decode(latents)
    assert torch.allclose(both[1:], vae.decode(latents[1:]), atol=1e-5)
    video = both.clamp(-1, 1)
    assert torch.allclose(vae.encode(video)[:1], vae.encode(video[:1]), atol=1e-5)


@PIECES
def test_the_22_kind_is_diffusers_own(piece_bytes: int | None) -> None:
    model = _model(
        z_dim=8,
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        scale_factor_spatial=16,
        latents_mean=[0.1] * 8,
        latents_std=[2.0] * 8,
        temperal_downsample=[False, True, True],
    )
    vae = Vae(model, piece_bytes=piece_bytes)
    latents, video = torch.randn(1, 8, 4, 2, 4), torch.rand(1, 3, 13, 32, 64) * 2 - 1
    assert float((vae.decode(latents) - model.decode(_raw(vae, latents)).sample).abs().max()) < 1e-5
    assert float((_raw(vae, vae.encode(video)) - model.encode(video).latent_dist.mode()).abs().max()) < 1e-5


def test_threads_do_not_change_a_bit() -> None:
    vae = Vae(_model(base_dim=8, dim_mult=[1, 2, 4, 8]))
    latents, video = torch.randn(1, 16, 3, 8, 12), torch.rand(1, 3, 9, 64, 96) * 2 - 1
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            results.append((vae.decode(latents), vae.encode(video)))
    finally:
        torch.set_num_threads(threads)
    for decoded, encoded in results[1:]:
        assert torch.equal(decoded, results[0][0])
        assert torch.equal(encoded, results[0][1])


@pytest.mark.parity
@pytest.mark.parametrize("piece_bytes", [None, 1], ids=["whole", "pieces"])
def test_the_autoencoder_is_the_references(parity: Any, piece_bytes: int | None) -> None:
    data = parity["vae21"]
    vae = Vae(parity.vae(), piece_bytes=piece_bytes)
    video = data.tensors["in.video_u8"].float().div(127.5).sub(1).permute(3, 0, 1, 2)[None]
    latent, frames = data.tensors["in.latent"][None], data.tensors["out.decoded_frame_index"]
    encoded = vae.encode(video)
    assert data.error("out.encoded", encoded[0]) < 1e-4
    assert data.error("out.encoded_raw_mean", _raw(vae, encoded)[0]) < 1e-4
    assert data.error("out.encoded_first_frame", vae.encode(video[:, :, :1])[0]) < 1e-4
    clamped = data.tensors["out.decoded_unclamped_frames"].clamp(-1, 1)  # `out.decoded_frames` is not committed
    assert float((vae.decode(latent)[0][:, frames] - clamped).abs().max()) < 1e-4
    raw = _raw(vae, latent)
    unclamped = vae._decode(raw, half=False)[0][:, frames]
    assert float(unclamped.abs().max()) > 1
    assert data.error("out.decoded_unclamped_frames", unclamped) < 1e-4
    assert data.error("out.decoded_single", vae.decode(latent[:, :, :1])[0]) < 1e-4
    assert data.error("out.reconstruction_last", vae.decode(encoded)[0][:, -1:]) < 1e-4


@pytest.mark.parametrize("how", [{"piece_bytes": 1}, {"tiled": True}], ids=["pieces", "tiles"])
def test_a_video_is_left_between_pieces_layers_and_tiles(how: Any) -> None:
    vae = Vae(_model(), **how)
    latents, video = torch.randn(1, 16, 3, 4, 6), torch.rand(1, 3, 9, 32, 48) * 2 - 1
    for function, given in ((vae.decode, latents), (vae.encode, video)):
        asked: list[int] = []
        with heeding(lambda asked=asked: bool(asked.append(1))):
            wanted = function(given)
        looks = len(asked)
        for number in (1, looks // 2, looks):
            asked.clear()
            with (
                pytest.raises(Cancelled),
                heeding(lambda asked=asked, number=number: bool(asked.append(1)) or len(asked) == number),
            ):
                function(given)
        assert torch.equal(function(given), wanted)
