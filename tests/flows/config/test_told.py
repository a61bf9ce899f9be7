"""What says where people are told is never repeated, whatever is wrong with it."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from flows.config import combinations, compose
from flows.config.schema import leaves
from flows.config.told import is_secret, told
from flows.errors import SettingsError

HOOK = "https://hooks.example.org/T1/SECRET"
MISTAKES = [
    f"notify.webhook={HOOK}",
    f"notify.webhook={HOOK}?a=SECRET,b",
    f"notify.webhook={HOOK},https://b.org/SECRET",
    f"notify.webhook='{HOOK}",
    f"notify.webhook=[{HOOK}",
    f"notify.webhook=['{HOOK}']",
    f"notify.webhook={{a: '{HOOK}'}}",
    f"notify.webhook=range({HOOK})",
    f"notify.webhook='${{{HOOK}}}'",
    f"+notify.webhook={HOOK}",
    f"++notify.webhook={HOOK}",
    f"~notify.webhook={HOOK}",
    f"notify.webhok={HOOK}",
    f"notfy.webhook={HOOK}",
    f"notify.web_hook={HOOK}",
    f"webhook={HOOK}",
    f"notify={{webhook: '{HOOK}'}}",
    f"notify={HOOK}",
    f"notify.webhook.url={HOOK}",
    f"notify@webhook={HOOK}",
    f"notify.webhook:{HOOK}",
    f"notify.webhook:{HOOK}?a=SECRET",
    f"'notify.webhook={HOOK}'",
    f"notify.insecure={HOOK}",
    f"notify.events={HOOK}",
    f"notify.events=['{HOOK}']",
    f"notify.email={HOOK}",
    "notify.smtp=smtps://user:SECRET@mail.example.org",
    "notify.smtp='smtps://user:SECRET@mail.example.org",
    HOOK,
    f"{HOOK}?a=b",
]


@pytest.mark.parametrize("text", MISTAKES)
def test_an_address_is_in_no_error(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        compose([text])
    assert "SECRET" not in str(refused.value)
    assert "example.org" not in str(refused.value)


@pytest.mark.parametrize("text", MISTAKES)
def test_nor_in_one_of_a_sweep(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        combinations([text, "storyboard.seed=range(1,200)", "storyboard.shots.own.seed=range(1,200)"])
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        f"webhook: {HOOK}",
        f"webhook: ['{HOOK}']",
        f"webhook: {{'{HOOK}': 1}}",
        f"webhook: '${{{HOOK}'",
        f"webhok: {HOOK}",
        f"insecure: {HOOK}",
        f"events: ['{HOOK}']",
    ],
)
def test_nor_in_one_of_a_file(written: str, tmp_path: Path) -> None:
    folder = tmp_path / "conf" / "project"
    folder.mkdir(parents=True)
    (folder / "default.yaml").write_text(f"notify:\n  {written}\n")
    with pytest.raises(SettingsError) as refused:
        compose([], tmp_path / "conf")
    assert "SECRET" not in str(refused.value)
    assert "notify" in str(refused.value) or "default.yaml" in str(refused.value)


def test_what_cannot_be_read_is_in_no_traceback() -> None:
    with pytest.raises(SettingsError) as refused:
        compose([f"notify.webhook='{HOOK}"])
    assert "SECRET" not in "".join(traceback.format_exception(refused.value))


def test_everything_else_is_repeated() -> None:
    hidden = {key for key, _ in leaves() if is_secret(key)}
    assert {key.partition(".")[0] for key in hidden} == {"notify"}
    for text in ("render=drft", "film.crf=99", "store.address=s3://films/here", "storyboard.notify.webhook=a"):
        assert told(text) == text
    with pytest.raises(SettingsError, match=r"film\.crf=99: 99 is out of range"):
        compose(["film.crf=99"])
