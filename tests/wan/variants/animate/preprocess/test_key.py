"""What was prepared before is found again: a key changes only where what it stands for does."""

from __future__ import annotations

from wan.variants.animate.preprocess.key import PreprocessSettings, preprocess_key


def test_videos_of_motion_that_were_prepared_before_masks_grew_otherwise_are_found_again() -> None:
    """Only replacing draws masks, so only its key is another one since."""
    settings = PreprocessSettings(mode="animate", size=(832, 480), fps=30.0)
    assert preprocess_key("video", None, "models", settings) == FIRST


FIRST = "d0cbe521fe9d2c80428172c96ab4936a4439d861f05556146d62e20479731b15"
