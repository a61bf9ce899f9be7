"""Every variant has a module of its own for ComfyUI, found by the name of its folder."""

from __future__ import annotations

import pytest

from flows.export.variants import builder_of
from wan.variants import VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_exported_by_the_module_named_as_its_folder(name: str) -> None:
    assert builder_of(name).__module__ == f"flows.export.variants.{VARIANTS[name].folder}"
