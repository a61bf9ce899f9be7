"""How a shot is sampled: the variant's default, then the family's, then `render=`, then what the shot says."""

from __future__ import annotations

from typing import get_args

from flows.errors import SettingsError
from flows.settings import RenderSettings
from flows.shots import Part
from flows.storyboard.model import SamplingOverride
from wan.families import Family
from wan.model.attention import KERNELS
from wan.request import Guidance, Numerics, Precision, Sampling, Solver
from wan.system.suggest import did_you_mean

MOST_DISTILLED = 8
"""Steps. Distilled models are made for 1 to 8, and half of them is no quicker look but another, broken picture."""
_SOLVERS: dict[str, Solver] = {name: name for name in get_args(Solver)}
_PRECISIONS: dict[str, Precision] = {name: name for name in get_args(Precision)}


def sampling_for(part: Part, render: RenderSettings, override: SamplingOverride) -> Sampling:
    """The sampling of a shot's clips. `render.steps_scale` (drafts) multiplies the number of steps, whoever said it; a
    schedule of so few steps that a distilled model must have it stays whole.

    Raises ValueError for a solver there is none of.
    """
    base = part.role.sampling or part.variant.sampling
    steps = _steps(part, render, override)
    guidance, wanted = base.guidance_scale, override.guidance_scale
    solver = override.solver or render.solver
    return Sampling(
        num_inference_steps=steps if _stays(steps, render) else max(1, round(steps * render.steps_scale)),
        flow_shift=_first(override.flow_shift, render.flow_shift, base.flow_shift),
        guidance_scale=Guidance(
            _first(wanted.high, render.guidance_high, guidance.high),
            _first(wanted.low, render.guidance_low, guidance.low),
        ),
        solver=base.solver if solver is None else _solver(solver),
        boundary_ratio=None
        if base.boundary_ratio is None
        else _first(override.boundary_ratio, render.boundary_ratio, base.boundary_ratio),
    )


def size_scale(part: Part, render: RenderSettings, override: SamplingOverride) -> float:
    """What the sides of a clip are multiplied with: `render.size_scale` where steps should be cut and cannot be."""
    return render.size_scale if _stays(_steps(part, render, override), render) else 1.0


def _steps(part: Part, render: RenderSettings, override: SamplingOverride) -> int:
    base = part.role.sampling or part.variant.sampling
    return override.num_inference_steps or render.num_inference_steps or base.num_inference_steps


def _stays(steps: int, render: RenderSettings) -> bool:
    return render.steps_scale < 1 and steps <= MOST_DISTILLED


def numerics_for(family: Family, render: RenderSettings) -> Numerics:
    """Precision, attention, tiling and compilation of clips. Raises SettingsError for a precision or a kernel there is
    none of."""
    name = render.precision or family.precision
    if name not in _PRECISIONS:
        raise SettingsError(f"render.precision: {name!r} is not one of {', '.join(_PRECISIONS)}")
    if render.attention not in KERNELS:
        hint = did_you_mean(render.attention, KERNELS, f"there are: {', '.join(KERNELS)}")
        raise SettingsError(f"render.attention: there is no kernel {render.attention!r}; {hint}")
    return Numerics(_PRECISIONS[name], render.attention, render.vae_tiling, render.compile)


def _first(shots: float | None, renders: float | None, own: float) -> float:
    return next((value for value in (shots, renders) if value is not None), own)


def _solver(name: str) -> Solver:
    if name not in _SOLVERS:
        hint = did_you_mean(name, _SOLVERS, f"there are: {', '.join(_SOLVERS)}", repr)
        raise ValueError(f"unknown solver {name!r}; {hint}")
    return _SOLVERS[name]
