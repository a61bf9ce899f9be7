"""`wanflow doctor` says what this machine can do, what is missing, and how to get it: one line each."""

from __future__ import annotations

import pytest

from flows.cli.doctor import values
from flows.config import compose
from flows.config.schema import leaves
from tests.flows.cli.conftest import Wanflow

pytestmark = pytest.mark.usefixtures("home")


def test_a_machine_that_can_render_is_told_so(wanflow: Wanflow) -> None:
    done = wanflow("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith("Ready.")
    plain = wanflow("doctor", PYTHONIOENCODING="ascii")
    assert "  ok python" in plain.stdout


def test_every_key_of_the_settings_has_a_value() -> None:
    shown = dict(values(compose(["assets.roots=[/a]"]).settings))
    assert shown["assets.roots"] == ["/a"]
    assert (shown["film.outputs"], shown["film.crf"], shown["store.address"]) == ("outputs", 18, None)
    assert shown.keys() == {key for key, _ in leaves()}
