from __future__ import annotations

import torch
from torch import Tensor, nn

from wan.precision.fp8 import E4M3, quantise, to_e4m3


def _row_errors(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).norm(dim=1) / wanted.norm(dim=1)


@torch.inference_mode()
def test_small_rows_keep_what_a_plain_cast_loses() -> None:
    """Below 1/64 e4m3 has steps of 1/512, which is as large as the weights of the smallest rows here."""
    torch.manual_seed(0)
    layer = nn.Linear(64, 32)
    layer.weight.copy_(torch.randn(32, 64) * torch.logspace(-3, 0, 32)[:, None])
    stored = quantise(layer, scaled_products=False)
    kept = _row_errors(stored.weight.float() * stored.weight_scale, layer.weight)
    plain = _row_errors(layer.weight.to(E4M3).float(), layer.weight)
    assert kept.max() < 0.04
    assert plain[:8].min() > 4 * kept[:8].max()
    inputs = torch.randn(8, 64)
    assert _row_errors(stored(inputs).T, layer(inputs).T).max() < 0.1


@torch.inference_mode()
def test_the_largest_of_a_row_is_the_largest_number_and_a_row_of_zeros_stays() -> None:
    values, scale = to_e4m3(torch.tensor([[0.5, -2.0, 1.0], [0.0, 0.0, 0.0]]))
    assert values.float()[0, 1] == -448
    assert (values.float() * scale)[0, 1] == -2
    assert values.float()[1].tolist() == [0, 0, 0]
