"""What `--draft` stands for, and how it is typed again."""

from __future__ import annotations

from flows.cli.options import DRAFT, with_draft, without_draft
from flows.config import compose


def test_a_draft_lies_beside_the_film_and_does_not_replace_it() -> None:
    film, draft = compose().settings, compose(with_draft((), True)).settings
    assert (film.film.subfolder, draft.film.subfolder) == (None, "draft")
    assert (film.render.steps_scale, draft.render.steps_scale) == (1.0, 0.5)


def test_an_override_wins_over_a_draft() -> None:
    settings = compose(with_draft(("film.subfolder=look", "render.steps_scale=0.25"), True)).settings
    assert (settings.film.subfolder, settings.render.steps_scale) == ("look", 0.25)


def test_a_draft_is_typed_as_it_was() -> None:
    assert without_draft(with_draft(("a=1",), True)) == ["--draft", "a=1"]
    assert without_draft(("render=draft", "a=1")) == ["render=draft", "a=1"]
    assert without_draft(DRAFT[:1]) == ["render=draft"]
    assert without_draft(()) == []
