"""Names of films by what differs: short, safe, and never the same twice."""

from __future__ import annotations

from flows.batch.sweep_names import LONGEST, film_names, short_keys


def test_keys_are_as_short_as_tells_them_apart() -> None:
    assert short_keys(["storyboard.seed", "render"]) == {"storyboard.seed": "seed", "render": "render"}
    assert short_keys(["storyboard.seed", "storyboard.shots.drift.seed", "storyboard.shots.own.seed"]) == {
        "storyboard.seed": "seed",
        "storyboard.shots.drift.seed": "drift.seed",
        "storyboard.shots.own.seed": "own.seed",
    }


def test_names_are_safe_and_each_is_another() -> None:
    films = [{"storyboard.x": "1.5"}, {"storyboard.x": "1 5"}, {"storyboard.x": "../../etc"}, {"storyboard.x": "Ж"}]
    names = film_names(films)
    assert names[2] == "x-etc"
    assert names[0].startswith("x-1-5-")
    assert len(set(names)) == 4
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)


def test_long_ones_end_in_a_digest() -> None:
    long = film_names([{"storyboard.prompt": f"{'a' * 200}{n}"} for n in range(2)])
    assert len(set(long)) == 2
    assert all(len(name) <= LONGEST for name in long)
