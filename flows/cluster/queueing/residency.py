"""Which worker holds which models, when it will be free, and what loading costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from flows.planning.model import Clip

LOAD_SECONDS = 30.0
"""What loading a model is taken to cost until one load was timed: a tiny one takes 1 s, a real one minutes."""


@dataclass(slots=True, eq=False)
class Post:
    """What is known of one worker. `busy_until` is by estimate, None while it does nothing; `asked`: when it last asked
    for work and there was none for it; `model`: what it renders with, or did last; `paced`: the first step that it told
    of, and when."""

    name: str
    holds: frozenset[str] = frozenset()
    model: str | None = None
    busy_until: float | None = None
    asked: float | None = None
    paced: tuple[int, float] | None = None

    def free_in(self, now: float) -> float:
        """Seconds until it asks again. One that is overdue is taken to need as long again as it is."""
        if self.busy_until is None:
            return 0.0
        return abs(self.busy_until - now)


class Residency:
    """Workers by name, as their leases show them."""

    def __init__(self) -> None:
        self._posts: dict[str, Post] = {}
        self._load_seconds: dict[str, float] = {}

    def copy(self) -> Residency:
        copied = Residency()
        copied._posts = {name: replace(post) for name, post in self._posts.items()}
        copied._load_seconds = self._load_seconds
        return copied

    def learn_load(self, variant: str, seconds: float) -> None:
        self._load_seconds[variant] = seconds

    def load_seconds(self, clip: Clip) -> float:
        """What loading the clip's model takes: what it last took for a model of its variant."""
        return self._load_seconds.get(clip.spec.variant, LOAD_SECONDS)

    def fresh(self, worker: str) -> None:
        """It has started, or something is wrong with it: it holds nothing that counts."""
        self._posts[worker] = Post(worker)

    def gone(self, worker: str) -> None:
        self._posts.pop(worker, None)

    def idle(self, worker: str, warm: Collection[str], now: float) -> None:
        """It asked, and got nothing."""
        post = self._post(worker)
        post.holds, post.asked, post.busy_until = frozenset(warm), now, None

    def busy(self, worker: str, warm: Collection[str], clip: Clip, now: float) -> None:
        """It renders the clip."""
        post = self._post(worker)
        loading = 0.0 if clip.model in warm else self.load_seconds(clip)
        post.holds, post.model, post.asked, post.paced = frozenset(warm) | {clip.model}, clip.model, None, None
        post.busy_until = now + loading + clip.estimated_seconds

    def progressed(self, worker: str, step: int, steps: int, now: float) -> None:
        """So many steps are denoised: the others take as long each, and what comes behind them is short. Until two
        steps were told, the estimate stands."""
        post = self._posts.get(worker)
        if post is None or post.busy_until is None:
            return
        if post.paced is None:
            post.paced = (step, now)
        first, since = post.paced
        if step > first:
            post.busy_until = now + (now - since) / (step - first) * (steps - step)

    def free_at(self, worker: str) -> float:
        """When a worker that renders will be done."""
        at = self._posts[worker].busy_until
        assert at is not None, "it renders"
        return at

    def done(self, worker: str) -> None:
        """It renders nothing now."""
        post = self._posts.get(worker)
        if post is not None:
            post.busy_until = None

    def post(self, worker: str) -> Post | None:
        return self._posts.get(worker)

    def posts(self) -> Mapping[str, Post]:
        return self._posts

    def holders(self, model: str, among: Collection[str], but: str) -> Iterator[Post]:
        """The others that hold the model, of those that run."""
        for post in self._posts.values():
            if post.name != but and model in post.holds and post.name in among:
                yield post

    def groups(self, among: Collection[str]) -> Counter[frozenset[str]]:
        """How many workers hold just these models."""
        return Counter(post.holds for post in self._posts.values() if post.name in among)

    def asks(self, worker: str, warm: frozenset[str]) -> None:
        """It says what it holds."""
        self._post(worker).holds = warm

    def held(self, among: Collection[str], but: str) -> Counter[str]:
        """How many others hold each model."""
        posts = (post for post in self._posts.values() if post.name != but and post.name in among)
        return Counter(model for post in posts for model in post.holds)

    def left_over(self, now: float) -> float:
        """Seconds of work in what is being rendered."""
        return sum(max(0.0, post.busy_until - now) for post in self._posts.values() if post.busy_until is not None)

    def _post(self, worker: str) -> Post:
        return self._posts.setdefault(worker, Post(worker))
