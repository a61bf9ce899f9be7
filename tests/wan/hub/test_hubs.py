"""What hubs list, in either dialect, and what is made of nonsense."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.wan.hub.conftest import PACE, PULLED, Told
from tests.wan.hub.fake_hub import FakeHub
from wan.errors import HubError, HubRefusal
from wan.hub.catalog import Model
from wan.hub.pull import Source, pull


def test_a_listing_of_several_pages_is_followed_on_the_same_host(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    hub.pages = 3
    assert sorted(pull(model, told, source=source, pace=PACE).manifest.files) == PULLED


def test_a_listing_in_other_words_is_not_understood(hub: FakeHub, model: Model, told: Told) -> None:
    hub.row = {"name": "w"}
    for dialect in ("huggingface", "modelscope"):
        with pytest.raises(HubError, match="lists files in a way that is not understood"):
            pull(model, told, source=Source(hub=dialect, endpoint=hub.address), pace=PACE)


def test_a_listing_that_names_files_outside_is_refused(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    hub.files["../outside.json"] = b"{}"
    with pytest.raises(HubError, match="outside its folder"):
        pull(model, told, source=source, pace=PACE)


def test_unknown_repositories_and_revisions_are_said(hub: FakeHub, model: Model, told: Told) -> None:
    with pytest.raises(HubRefusal, match="no such repository"):
        pull(replace(model, huggingface="nobody/none"), told, source=Source(endpoint=hub.address), pace=PACE)
    with pytest.raises(HubRefusal, match="no such repository, revision"):
        pull(model, told, source=Source(endpoint=hub.address, revision="v9"), pace=PACE)
    with pytest.raises(HubRefusal, match="no revision 'v9'"):
        pull(model, told, source=Source(hub="modelscope", endpoint=hub.address, revision="v9"), pace=PACE)
    with pytest.raises(HubRefusal, match="not known on modelscope"):
        pull(replace(model, modelscope=None), told, source=Source(hub="modelscope", endpoint=hub.address), pace=PACE)


def test_a_page_that_is_no_hub_is_said(model: Model, told: Told, hub: FakeHub) -> None:
    hub.commit = None  # type: ignore[assignment]
    with pytest.raises(HubError, match="is it a mirror of Hugging Face"):
        pull(model, told, source=Source(endpoint=hub.address), pace=PACE)
    with pytest.raises(HubRefusal, match="no address of a hub"):
        pull(model, told, source=Source(endpoint="mirror.example"), pace=PACE)
