"""Templates fill in names through a short list of filters, and refuse everything else."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.storyboard.templates import TemplateError, Templates
from flows.storyboard.words import FILTERS

TEMPLATES = Templates({"product": "paper boat", "name": "o'neil's", "x": " padded "})


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ product }}", "paper boat"),
        ("{{product}}", "paper boat"),
        ("a {{ product | title }} sails", "a Paper Boat sails"),
        ("{{ name | title }}", "O'neil's"),
        ("{{ product | upper }}, {{ product | capitalize }}", "PAPER BOAT, Paper boat"),
        ("{{ x | trim }}", "padded"),
        ("{{ product | replace('boat', 'kite') | upper }}", "PAPER KITE"),
        ("{{ missing | default('something') | title }}", "Something"),
        ("{{ '{{' }}", "{{"),
        ("{{ '}}' }} {{ product }}", "}} paper boat"),
        ("a  {{- product -}}  b", "apaper boatb"),
        ("{% raw %}{{ product }}{% endraw %}", "{{ product }}"),
        ("no template } here { at all", "no template } here { at all"),
        ("${product} {product} %s", "${product} {product} %s"),
        ("{{ product }}\n", "paper boat\n"),
    ],
)
def test_a_template_is_filled_in(text: str, result: str) -> None:
    assert TEMPLATES.render(text) == result


def test_every_filter_of_the_table_works() -> None:
    arguments = {"replace": "('a', 'b')", "default": "('x')", "choose": f"('{TEMPLATES.variables['product']}', 'x')"}
    for name in FILTERS:
        assert TEMPLATES.render(f"{{{{ product | {name}{arguments.get(name, '')} }}}}")


def test_a_variable_is_filled_in_once_not_again() -> None:
    assert Templates({"a": "{{ b }}", "b": "x"}).render("{{ a }}") == "{{ b }}"


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 10**8 }}",
        "{{ product.upper() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ product ~ product }}",
        "{{ product[0] }}",
        "{{ 7 }}",
        "{{ }}",
        "{{ product | replace('', 'x') }}",
        "{{ product | replace(name, 'x') }}",
        "{{ product | default }}",
        "{{ product | upper(1) }}",
        "{% for x in product %}{% endfor %}",
        "{% macro m() %}{% endmacro %}",
        "{{ product",
        "{# never ends",
    ],
)
def test_whatever_is_not_a_name_or_a_filter_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        TEMPLATES.render(text)


@pytest.mark.parametrize(
    "bomb", ["{{ a" + " | replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')" * 300 + " }}", "{{ a }}" * 2500]
)
def test_a_text_cannot_be_blown_up(bomb: str) -> None:
    start = time.process_time()
    with pytest.raises(TemplateError, match="characters when its templates are filled in"):
        Templates({"a": "a" * 20_000}).render(bomb)
    assert time.process_time() - start < 0.5


@given(st.text(max_size=60).filter(lambda text: "{" not in text))
def test_text_without_braces_is_left_alone(text: str) -> None:
    assert TEMPLATES.render(text) == text


@given(st.text(alphabet="{}%#|'\" abproduct.()*~[]-", max_size=40))
def test_no_text_makes_anything_but_text_or_a_clear_refusal(text: str) -> None:
    with suppress(TemplateError):
        assert isinstance(TEMPLATES.render(text), str)


def test_a_text_is_chosen_by_a_value() -> None:
    text = "{{ locale | choose('en', 'Hello', 'de', 'Hallo') }}, {{ locale | upper | choose('DE', 'x', 'EN', 'y') }}"
    assert Templates({"locale": "de"}).render(text) == "Hallo, x"
    assert Templates({"locale": "en"}).render(text) == "Hello, y"
    with pytest.raises(TemplateError) as caught:
        Templates({"locale": "fr"}).render(text)
    assert (caught.value.message, caught.value.fix) == ("choose has no text for 'fr'", "it has en, de")
    for wrong in ("choose", "choose()", "choose('en')", "choose('en', 'Hello', 'de')", "choose('en', 3)"):
        with pytest.raises(TemplateError, match="takes pairs of texts in quotes"):
            Templates({"locale": "en"}).render(f"{{{{ locale | {wrong} }}}}")
