"""The optimizer: Muon for matrices (and convolutions seen as matrices), Adam for everything else.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, found with a few Newton-Schulz steps (Keller Jordan
and others, 2024, "Muon: an optimizer for hidden layers in neural networks"). Matrices of one shape go through stacked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


@torch.no_grad()
def orthogonalized(stack: Tensor, steps: int = 5) -> Tensor:
    """About the nearest orthogonal matrices to `[N, rows, columns]`."""
    a, b, c = NEWTON_SCHULZ
    dtype = torch.bfloat16 if stack.is_cuda else torch.float32
    x: Tensor = stack.to(dtype)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = (x.mT if tall else x).to(stack.dtype)
    return result


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalized, scaled to the matrix's shape; weights are decoupled-decayed."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: object = None) -> None:  # type: ignore[override]
        """One update of every matrix that has a gradient."""
        for group in self.param_groups:
            shapes: dict[tuple[int, int], list[nn.Parameter]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    shapes[parameter.shape[0], parameter[0].numel()].append(parameter)
            for (rows, columns), parameters in shapes.items():
                self._step_alike(parameters, rows, columns, group["lr"], group["momentum"], group["weight_decay"])

    def _step_alike(
        self, parameters: list[nn.Parameter], rows: int, columns: int, lr: float, momentum: float, weight_decay: float
    ) -> None:
        gradients = torch.stack([p.grad.reshape(rows, columns) for p in parameters if p.grad is not None])
        state = self.state[parameters[0]]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(gradients)
        buffer: Tensor = state["momentum"]
        buffer.lerp_(gradients, 1 - momentum)
        update = orthogonalized(gradients.lerp(buffer, momentum))
        scale = lr * max(1.0, rows / columns) ** 0.5
        for parameter, change in zip(parameters, update, strict=True):
            parameter.mul_(1 - lr * weight_decay)
            parameter.add_(change.view(parameter.shape), alpha=-scale)


def build_optimizers(
    model: nn.Module, *, muon_lr: float, adam_lr: float, adam_names: tuple[str, ...], weight_decay: float = 0.01
) -> list[torch.optim.Optimizer]:
    """Muon for matrices, Adam for the rest and for parameters that have one of `adam_names` in their name.

    `muon_lr` 0 leaves everything to Adam.
    """
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_matrix = parameter.ndim >= 2 and min(parameter.shape[0], parameter[0].numel()) > 4
        to_muon = muon_lr > 0 and is_matrix and not any(part in name for part in adam_names)
        (matrices if to_muon else others).append(parameter)
    cuda = next(model.parameters()).is_cuda
    adam = torch.optim.AdamW(others, lr=adam_lr, betas=(0.9, 0.98), weight_decay=weight_decay, fused=cuda)
    optimizers: list[torch.optim.Optimizer] = [adam]
    if matrices:
        optimizers.append(Muon(matrices, lr=muon_lr, weight_decay=weight_decay))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return optimizers


def set_rate(optimizers: list[torch.optim.Optimizer], factor: float) -> None:
    """Sets every learning rate to `factor` of its peak."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor


def update(
    loss: Tensor,
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    *,
    share: Callable[[], None] | None = None,
    clip: float = 1.0,
) -> None:
    """One step of every optimizer on the gradients of `loss`; `share` averages them over processes before."""
    loss.backward()  # type: ignore[no-untyped-call]
    if share is not None:
        share()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
