"""The autoencoder over the rows of a frame, against one process that has all of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wan.parallel.members import run_gang
from wan.parallel.gang import Gang
from wan.parallel.layout import Layout
from wan.parallel.rows import Rows

LARGEST_ERROR = 1e-5
"""Of the norm, in fp32: a convolution of another height may be summed in another order."""

RESIDUAL = {"is_residual": True, "in_channels": 12, "out_channels": 12, "patch_size": 2, "scale_factor_spatial": 16}
KINDS: dict[str, dict[str, Any]] = {
    "2.1": {},
    "2.2": {"decoder_base_dim": 8, "temperal_downsample": [False, True, True], **RESIDUAL},
}


def errors_by_rows(gang: Gang, settings: dict[str, Any]) -> list[float]:
    """Of decoding and of encoding, whole and in pieces."""
    import torch
    from diffusers import AutoencoderKLWan

    from wan.model.vae import Vae

    torch.manual_seed(0)
    model = AutoencoderKLWan(base_dim=4, dim_mult=[1, 2, 4, 4], num_res_blocks=1, **settings).eval()
    rows, stride = Rows(gang.rank, gang.share.layout.ranks), int(model.config.scale_factor_spatial)
    latents, video = torch.randn(1, 16, 3, 9, 4), torch.rand(1, 3, 9, 9 * stride, 4 * stride) * 2 - 1
    found = []
    with torch.inference_mode():
        for piece_bytes in (None, 1):
            alone, shared = Vae(model, piece_bytes=piece_bytes), Vae(model, piece_bytes=piece_bytes, rows=rows)
            for given, whole, parts in ((latents, alone.decode, shared.decode), (video, alone.encode, shared.encode)):
                wanted, made = whole(given), parts(given)
                assert made.shape == wanted.shape
                found.append(float((made - wanted).norm() / wanted.norm()))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ranks", [2, 4])
def test_rows_apart_make_the_same_video_and_the_same_latents(kind: str, ranks: int) -> None:
    told = run_gang(Layout(sequence=ranks), errors_by_rows, KINDS[kind])
    assert [each.error for each in told] == [None] * ranks
    assert max(max(each.result) for each in told) < LARGEST_ERROR


def test_a_video_of_few_rows_is_left_to_every_rank() -> None:
    assert Rows(0, 4).of(7) is None
    assert Rows(0, 1).of(90) is None
    assert Rows(3, 4).of(90) == Rows(3, 4, 90)
