from __future__ import annotations

from pathlib import Path

import pytest

import wan
from wan.errors import WanError
from wan.system.mixup import check_import_path, reference_packages


@pytest.mark.parametrize("name", ["WanT2V", "WanI2V", "configs", "modules"])
def test_the_references_names_are_explained(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"wanflow's library .* no '{name}'.*Wan-Video/Wan2.2"):
        getattr(wan, name)


def test_any_other_missing_name_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="module 'wan' has no attribute 'load_pipelin'"):
        wan.load_pipelin  # noqa: B018


def test_the_references_package_on_the_path_is_found(tmp_path: Path) -> None:
    package = tmp_path / "Wan2.2" / "wan"
    (package / "configs").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "text2video.py").touch()
    assert reference_packages([str(tmp_path / "Wan2.2")]) == [package]
    with pytest.raises(WanError, match="two packages called `wan`"):
        check_import_path([str(tmp_path), str(tmp_path / "Wan2.2")])


def test_our_own_package_and_other_folders_are_no_mixup(tmp_path: Path) -> None:
    (tmp_path / "wan").mkdir()
    (tmp_path / "wan" / "__init__.py").touch()
    check_import_path([str(tmp_path), str(Path(wan.__file__).parents[1]), ""])
    check_import_path()
