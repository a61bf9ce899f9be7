"""Any number of channels becomes two."""

from __future__ import annotations

import pytest

from flows.edit.channels import WEIGHTS, downmix


def test_every_channel_goes_to_its_side() -> None:
    assert downmix(["FL", "FR"]) is None
    assert downmix(["FC"]) == "stereo|c0=1.000000*c0|c1=1.000000*c0"
    assert downmix(["FL", "FR", "LFE"]) == "stereo|c0=1.000000*c0|c1=1.000000*c1"
    assert downmix(["FL", "FR", "FC", "LFE", "SL", "SR"]) == (
        "stereo|c0=0.414214*c0+0.292893*c2+0.292893*c4|c1=0.414214*c1+0.292893*c2+0.292893*c5"
    )
    assert downmix(["LFE"]) == "stereo|c0=1.000000*c0|c1=1.000000*c0"
    assert downmix(["NONE"] * 4) == "stereo|" + "|".join(
        f"c{side}=0.250000*c0+0.250000*c1+0.250000*c2+0.250000*c3" for side in (0, 1)
    )


def test_two_channels_stay_as_they_are() -> None:
    assert [downmix(pair) for pair in (("FL", "FR"), ("NONE", "NONE"), ("DL", "DR"))] == [None, None, None]


def test_no_sum_of_weights_is_above_one() -> None:
    for channels in (["FC"], ["FL", "FR", "FC", "LFE", "BL", "BR"], list(WEIGHTS), ["NONE"] * 12):
        sides = (downmix(channels) or "").split("|")[1:]
        sums = [sum(float(term.partition("*")[0]) for term in side.partition("=")[2].split("+")) for side in sides]
        assert max(sums) == pytest.approx(1.0, abs=1e-4)


def test_a_file_of_effects_alone_is_heard() -> None:
    assert downmix(["LFE"]) == "stereo|c0=1.000000*c0|c1=1.000000*c0"
