"""What a submission says of itself, and what is refused of a damaged or hostile one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flows.errors import StoreError, UserError
from flows.submission.manifest import Manifest, manifest_from_json

MANIFEST = Manifest(
    "The boat", "anna@laptop:/films/boat.yaml", "films/boat.yaml", (".",), {"films/boat.yaml": "0" * 64}
)


def changed(**values: Any) -> bytes:
    return json.dumps({**json.loads(MANIFEST.to_json()), **values}).encode()


def test_it_is_read_as_it_was_written_and_the_same_bytes_name_the_same_submission() -> None:
    assert manifest_from_json(MANIFEST.to_json()) == MANIFEST
    assert manifest_from_json(MANIFEST.to_json()).to_json() == MANIFEST.to_json()


@pytest.mark.parametrize("path", ["../boat.yaml", "/etc/passwd", "a/../../b", "", "a//b", "a\0b", "./a"])
def test_no_file_is_laid_outside_its_folder(path: str) -> None:
    with pytest.raises(StoreError, match="damaged"):
        manifest_from_json(changed(files={"films/boat.yaml": "0" * 64, path: "0" * 64}))
    with pytest.raises(StoreError, match="damaged"):
        manifest_from_json(changed(shared=[path]))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"{", changed(files=[]), changed(storyboard="other.yaml")])
def test_what_is_no_manifest_is_damaged(data: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        manifest_from_json(data)


def test_one_of_another_version_says_what_to_do() -> None:
    with pytest.raises(UserError, match="install the same version"):
        manifest_from_json(changed(version=2))
