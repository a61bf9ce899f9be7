"""What a run shows of its schedule."""

from __future__ import annotations

from datetime import UTC, datetime

from flows.runs.scheduled import Scheduled, pinned, version

DIGEST = "ab" * 32


def test_which_storyboard_is_in_the_name_and_on_the_page() -> None:
    sent = Scheduled("monday", f"sha256:{DIGEST}", datetime(2026, 11, 30, 5, tzinfo=UTC), "2h")
    assert sent.name("Spot") == "Spot (monday, pinned)"
    assert f"| storyboard | pinned: as it was sent, {DIGEST[:12]} |" in sent.page().markdown
    assert "| due | 2026-11-30 05:00 UTC |" in sent.page().markdown
    read = Scheduled("monday", "a|b.yaml", None, "2h")
    assert read.name("Spot") == "Spot (monday, latest)"
    assert "a\\|b.yaml" in read.page().markdown
    assert "due" not in read.page().markdown


def test_a_name_is_not_a_digest() -> None:
    assert pinned(f"sha256:{DIGEST}")
    assert not pinned("sha256:short")
    assert version("spot") == "latest: spot, as the machine finds it that makes the film"
