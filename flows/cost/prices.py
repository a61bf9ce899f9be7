"""What an hour costs, and sums of money and hours. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flows.amounts import Amount
from flows.limits import words_of
from flows.settings import CostSettings

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Spend:
    """`hours` of GPUs (of workers, where there are none), and the `money` they cost; None: no price is known."""

    hours: float = 0.0
    money: float | None = 0.0

    def __add__(self, other: Spend) -> Spend:
        money = None if self.money is None or other.money is None else self.money + other.money
        return Spend(self.hours + other.hours, money)

    def measured(self, cap: Amount) -> float:
        """In the unit of a cap. Money without a price is none: whoever sets a cap in money is asked for prices."""
        return self.hours if cap.hours else self.money or 0.0


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of an hour: of GPUs by what is in their names, and of a worker without one."""

    gpu_hour: Mapping[str, float]
    worker_hour: float | None
    currency: str

    @classmethod
    def of(cls, settings: CostSettings) -> Prices:
        """Those of the configuration."""
        return cls(settings.gpu_hour, settings.worker_hour, settings.currency)

    def hour(self, gpu: str) -> float | None:
        """Of a GPU of that name (`NVIDIA H200`; "": of a worker without one). The name that says most of it counts:
        `A100 80GB` before `A100`, and `default` where none fits. None: no price is set."""
        if not gpu:
            return self.worker_hour
        words = words_of(gpu)
        fitting = [name for name in self.gpu_hour if name != DEFAULT and words_of(name) <= words]
        name = max(fitting, key=lambda each: len(words_of(each)), default=DEFAULT)
        return self.gpu_hour.get(name)

    def spend(self, seconds: float, gpu: str) -> Spend:
        """What so many seconds come to."""
        hour = self.hour(gpu)
        return Spend(seconds / 3600, None if hour is None else seconds / 3600 * hour)

    def between(self, gpus: Collection[str]) -> tuple[float, float, float] | None:
        """The least, the mean and the greatest price of these GPUs; of any GPU that has a price, where there are none.
        None: one of them has no price."""
        hours = [self.hour(gpu) for gpu in gpus] if gpus else list(self.gpu_hour.values())
        known = [hour for hour in hours if hour is not None]
        if not known or len(known) < len(hours):
            return None
        return min(known), sum(known) / len(known), max(known)
