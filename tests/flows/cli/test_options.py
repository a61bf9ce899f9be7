"""What `--draft` stands for, and how it is typed again."""

from __future__ import annotations

from flows.cli.options import with_draft, with_order, without_draft
from flows.config import compose


def test_a_draft_takes_half_the_steps_and_the_films_place() -> None:
    film, draft = compose().settings, compose(with_draft((), True)).settings
    assert draft.film == film.film
    assert (film.render.steps_scale, draft.render.steps_scale) == (1.0, 0.5)


def test_an_override_wins_over_a_draft() -> None:
    settings = compose(with_draft(("film.subfolder=look", "render.steps_scale=0.25"), True)).settings
    assert (settings.film.subfolder, settings.render.steps_scale) == ("look", 0.25)


def test_a_draft_is_typed_as_it_was() -> None:
    assert without_draft(with_draft(("a=1",), True)) == ["--draft", "a=1"]
    assert without_draft(("render=final", "a=1")) == ["render=final", "a=1"]
    assert without_draft(()) == []


def test_what_goes_first_is_said_by_options_and_an_override_wins() -> None:
    cluster = compose(with_order((), 5, "18:00")).settings.cluster
    assert (cluster.priority, cluster.deadline) == (5, "18:00")
    assert compose(with_order(("cluster.priority=7",), 5, "2026-01-31T18:00")).settings.cluster.priority == 7
    assert with_order(("a=1",), None, None) == ("a=1",)
