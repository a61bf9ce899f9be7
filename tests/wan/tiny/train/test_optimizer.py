from __future__ import annotations

import torch
from torch import nn

from wan.tiny.train.optimizer import Muon, build_optimizers, orthogonalized, set_rate


def test_orthogonalized_matrices_have_singular_values_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((3, 16, 64), (2, 64, 16)):
        values = torch.linalg.svdvals(orthogonalized(torch.randn(shape)))
        assert values.min() > 0.5
        assert values.max() < 1.4


def test_muon_solves_a_least_squares_problem_with_matrices_and_convolutions() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(6, 8, 3), nn.Flatten(), nn.Linear(48, 8))
    optimizers = build_optimizers(model, muon_lr=0.02, adam_lr=1e-2, adam_names=())
    assert any(isinstance(optimizer, Muon) for optimizer in optimizers)
    data, target = torch.randn(32, 6, 8), torch.randn(32, 8)
    losses = []
    for _ in range(60):
        loss = ((model(data) - target) ** 2).mean()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]


def test_named_parameters_and_vectors_go_to_adam() -> None:
    model = nn.ModuleDict({"patch_embedding": nn.Linear(8, 8), "inner": nn.Linear(8, 8)})
    adam, muon = build_optimizers(model, muon_lr=0.02, adam_lr=1e-3, adam_names=("patch_embedding",))
    assert [p.shape for group in muon.param_groups for p in group["params"]] == [torch.Size([8, 8])]
    assert sum(len(group["params"]) for group in adam.param_groups) == 3


def test_the_rate_is_a_share_of_each_peak() -> None:
    optimizers = build_optimizers(nn.Linear(8, 8), muon_lr=0.02, adam_lr=1e-3, adam_names=())
    set_rate(optimizers, 0.5)
    assert sorted(group["lr"] for o in optimizers for group in o.param_groups) == [5e-4, 0.01]
