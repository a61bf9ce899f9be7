"""Models kept between clips: as many as the memory holds, the least useful goes first. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Model = TypeVar("Model")


class WarmModels(Generic[Key, Model]):
    """A cache bounded by the bytes its models take. A model larger than the bound is kept alone. `worth`: how useful
    one is; of equals the one unused for longest goes first."""

    def __init__(
        self,
        budget_bytes: int,
        on_drop: Callable[[], None] = lambda: None,
        worth: Callable[[Key], float] = lambda key: 0.0,
    ) -> None:
        self._budget = budget_bytes
        self._on_drop = on_drop
        self._worth = worth
        self._held: OrderedDict[Key, tuple[Model, int]] = OrderedDict()

    def weighed_by(self, worth: Callable[[Key], float]) -> None:
        """Somebody else knows from now on how useful they are."""
        self._worth = worth

    @property
    def keys(self) -> tuple[Key, ...]:
        """What is held, longest unused first."""
        return tuple(self._held)

    def get(self, key: Key, size_bytes: int, load: Callable[[], Model]) -> Model:
        """The model held under `key`, or a freshly loaded one; others make room for it before it is loaded."""
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
            return held[0]
        while self._held and self._taken() + size_bytes > self._budget:
            del self._held[min(self._held, key=self._worth)]
            self._on_drop()
        model = load()
        self._held[key] = (model, size_bytes)
        return model

    def _taken(self) -> int:
        return sum(size for _, size in self._held.values())
