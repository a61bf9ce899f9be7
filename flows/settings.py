"""The settings of a run: frozen values composed from `conf/` by `flows.config`, and read by everything else.

A field exists only if something reads it; its default lives in `conf/**.yaml` alone. Its type says what it may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from flows.limits import (
    BOUNDARY_RATIO,
    FLOW_SHIFT,
    GUIDANCE_SCALE,
    STEPS,
    TAKES,
    Bounds,
    Currency,
    Moment,
    Name,
    OneOf,
    Span,
    Spending,
    Zone,
)
from wan.families import FAMILIES
from wan.model.attention import KERNELS
from wan.placement import Placement
from wan.request import Precision, Solver

PRICE = Bounds(0, 1e6)
"""Of an hour."""

X264Preset: TypeAlias = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Which family of checkpoints (`wan.families`), and where they lie: None, the family's own place.

    `loras` is the folder that LoRAs are named in: `<folder>/<name>.safetensors`.
    """

    family: Annotated[str, OneOf(FAMILIES)]
    root: Path | None
    loras: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSettings:
    """What `render=` (draft, final) says of every shot; None leaves it to the shot and the family.

    `num_inference_steps`, `flow_shift`, `guidance_high`, `guidance_low`, `solver`, `boundary_ratio` (of variants with
    two experts) and `negative_prompt` are for shots that name none;
    `steps_scale` multiplies the number of steps, whoever named it (a draft: 0.5); of schedules that are too short to be
    cut (distilled models) `size_scale` multiplies the sides of the picture instead. `takes` replaces what shots say.
    `precision` None: the family's own. `precision`, `attention`, `vae_tiling` and `compile` change pixels and are in
    the fingerprint; `placement` (where models live) does not. `checkpoint_seconds`: of denoising, that are lost with a
    worker at most; 0: nothing is kept of a clip that is not finished.
    """

    num_inference_steps: Annotated[int, STEPS] | None
    flow_shift: Annotated[float, FLOW_SHIFT] | None
    guidance_high: Annotated[float, GUIDANCE_SCALE] | None
    guidance_low: Annotated[float, GUIDANCE_SCALE] | None
    solver: Solver | None
    boundary_ratio: Annotated[float, BOUNDARY_RATIO] | None
    negative_prompt: str | None
    steps_scale: Annotated[float, Bounds(0, 10, above=True)]
    size_scale: Annotated[float, Bounds(0.1, 1)]
    takes: Annotated[int, TAKES] | None
    precision: Precision | None
    attention: Annotated[str, OneOf(KERNELS)]
    vae_tiling: bool
    compile: bool
    placement: Literal["auto"] | Placement
    device: Literal["auto", "cpu", "cuda"]
    checkpoint_seconds: Annotated[float, Bounds(0, 86_400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """Where shots are rendered. `address` None starts a Ray of this process's own; a cluster has a `pool` of workers
    that films share: the first one starts it. It has as many workers as there is work and room for, at most
    `max_workers` (0: no limit), and keeps `min_workers` when there is nothing to do. `gpus_per_worker` is a part of a
    GPU, or a whole number; of several each has a process of its own, and all render one clip together, as a gang.
    `gang`: the same said of processes, with or without GPUs; 0: as many as there are GPUs. `cpus_per_worker` are those
    of each process. `autoscaling`: the cluster adds machines by itself. `start_timeout`, `silence_timeout` and
    `idle_timeout` in seconds: until a worker that has its place is there, between two things it says, and until
    workers, and the pool, that have nothing to do end. Of films in a pool the one of higher `priority` goes first, then
    the one whose `deadline` (`18:00`, or a date and time) is nearer to be missed."""

    address: str | None
    pool: Annotated[str, Name()]
    priority: Annotated[int, Bounds(-1000, 1000)]
    deadline: Annotated[str | None, Moment()]
    min_workers: Annotated[int, Bounds(0, 10_000)]
    max_workers: Annotated[int, Bounds(0, 10_000)]
    cpus_per_worker: Annotated[float, Bounds(0, 1024, above=True)]
    gpus_per_worker: Annotated[float, Bounds(0)]
    gang: Annotated[int, Bounds(0, 64)]
    attempts: Annotated[int, Bounds(1, 100)]
    autoscaling: bool
    start_timeout: Annotated[float, Bounds(0, 86_400, above=True)]
    silence_timeout: Annotated[float, Bounds(0, 604_800, above=True)]
    idle_timeout: Annotated[float, Bounds(0, 604_800)]

    @property
    def members(self) -> int:
        """How many processes render one clip together."""
        return self.gang or max(1, int(self.gpus_per_worker))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where clips and ledger live (`flows.store.open_store`). `address` None: `$XDG_DATA_HOME/wanflow/store`; of a
    bucket it has everything in it (`flows.addresses`), and the other keys are what it was made of. `cache_gb`: what a
    machine keeps of a bucket, in 10⁹ bytes."""

    address: str | None
    bucket: str | None
    prefix: str | None
    endpoint: str | None
    region: str | None
    cache_gb: Annotated[float, Bounds(0)] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmSettings:
    """The finished film. `outputs` is the folder films are written under; `crf` the H.264 quality.

    `subfolder`: the film's folder is `outputs/<slug>/<subfolder>/`, so that a draft lies beside its film.
    """

    outputs: Path
    subfolder: str | None
    crf: Annotated[int, Bounds(0, 51)]
    preset: X264Preset
    ffmpeg: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSettings:
    """`roots`: folders, beside the storyboard's own, that assets may lie in. `hosts`: where a batch's table may name
    files by address (`https://HOST/…`)."""

    roots: tuple[Path, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSettings:
    """Whether and by what prompts are written out before planning.

    `model` is a folder or a repository of the Hugging Face cache (local), or the endpoint's name for it (api).
    `api_key_env` names the environment variable that holds the key; None: no key.
    `timeout` in seconds, for one answer; `parallel` requests run at once. `max_words` None: the variant's own limit.
    """

    extend: Literal["off", "local", "api"]
    model: str
    base_url: str
    api_key_env: str | None
    images: bool
    max_words: Annotated[int, Bounds(10, 300)] | None
    attempts: Annotated[int, Bounds(1, 20)]
    timeout: Annotated[float, Bounds(0, 3600, above=True)]
    parallel: Annotated[int, Bounds(1, 64)]
    on_failure: Literal["error", "original"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapSettings:
    """What may be spent at most, in money or hours of a GPU (`500`, `20h`); None: as much as it takes. Of a batch,
    `film` is for each of its films, and `batch` for all of them."""

    film: Annotated[str | None, Spending()]
    batch: Annotated[str | None, Spending()]
    month: Annotated[str | None, Spending()]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSettings:
    """What rendering costs. `gpu_hour`: the price of an hour by what is in a GPU's name (`H200`), and of `default` for
    all others; `worker_hour` that of a worker without a GPU; what has no price is told in hours alone. A calendar
    month is one of `timezone` (None: this machine's). `warn_at`: the part of a cap after which a warning is given."""

    gpu_hour: Annotated[Mapping[str, float], PRICE] = field(hash=False)  # no mapping has one
    worker_hour: Annotated[float, PRICE] | None
    currency: Annotated[str, Currency()]
    timezone: Annotated[str | None, Zone()]
    warn_at: Annotated[float, Bounds(0, 1, above=True)]
    cap: CapSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings:
    """Of films whose stills or drafts people look at first. `timeout`: how long a round waits for them (None: without
    end); then what nobody has decided is approved, or the film is rejected: `on_timeout`."""

    timeout: Annotated[str | None, Span()]
    on_timeout: Literal["approve", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """Who is told of the films that this machine makes (`flows.notify`): `events` are of `flows.notices.NOTICES`, by
    `webhook` and at the addresses `email` through the server `smtp`. Both may hold a secret, so they say where it is
    kept: `env:NAME` or `file:PATH`. `insecure`: also without TLS."""

    events: tuple[str, ...]
    webhook: str | None
    email: tuple[str, ...]
    smtp: str | None
    insecure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the configuration decides about a run. Equal ones have one hash."""

    model: ModelSettings
    render: RenderSettings
    cluster: ClusterSettings
    store: StoreSettings
    film: FilmSettings
    assets: AssetSettings
    prompts: PromptSettings
    cost: CostSettings
    review: ReviewSettings
    notify: NotifySettings
