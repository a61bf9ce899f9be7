"""Which models stay loaded."""

from __future__ import annotations

from flows.cluster.warm import WarmModels


def test_a_model_is_loaded_once() -> None:
    loads: list[str] = []
    models: WarmModels[str, str] = WarmModels(100)
    for _ in range(3):
        assert models.get("a", 60, lambda: loads.append("a") or "model a") == "model a"
    assert loads == ["a"]


def test_the_one_unused_for_longest_makes_room_before_the_next_is_loaded() -> None:
    dropped: list[str] = []
    models: WarmModels[str, str] = WarmModels(100, on_drop=lambda: dropped.append("dropped"))
    models.get("a", 40, lambda: "a")
    models.get("b", 40, lambda: "b")
    models.get("a", 40, lambda: "never")
    models.get("c", 40, lambda: "c" if dropped else "too early")
    assert models.keys == ("a", "c")
    assert models.get("c", 40, lambda: "again") == "c"


def test_a_model_larger_than_the_memory_is_kept_alone() -> None:
    models: WarmModels[str, str] = WarmModels(100)
    models.get("a", 40, lambda: "a")
    models.get("huge", 400, lambda: "huge")
    assert models.keys == ("huge",)


def test_the_least_useful_goes_first_and_of_equals_the_one_unused_for_longest() -> None:
    useful: dict[str, float] = {}
    models: WarmModels[str, str] = WarmModels(100, worth=lambda name: useful.get(name, 0.0))
    for name in "abc":
        models.get(name, 30, lambda: "model")
    useful |= {"a": 900.0, "b": 20.0, "c": 20.0}
    models.get("d", 30, lambda: "d")
    assert models.keys == ("a", "c", "d")
    useful.clear()
    models.get("e", 60, lambda: "e")
    assert models.keys == ("d", "e"), "nothing is said of any"
