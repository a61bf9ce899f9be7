"""An animated WebP is a video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.errors import MediaError
from flows.media import StoredVideo, middle_frame, probe_video, read_video, video_head
from tests.flows.media.conftest import grey, told


def test_an_animated_webp_is_a_video_too(tmp_path: Path) -> None:
    path = tmp_path / "v.webp"
    images = [Image.fromarray(grey(number)) for number in range(4)]
    images[0].save(path, save_all=True, append_images=images[1:], duration=[100, 1600, 300, 300], lossless=True)
    facts, head, video = probe_video(path), video_head(path), StoredVideo(path, "", 10.0)
    assert (facts.width, facts.height, facts.num_frames, facts.treated) == (64, 36, 4, ("times",))
    assert head.seconds == facts.seconds == pytest.approx(2.3)
    assert told(video.frames(0, 23)) == [0, *[1] * 16, *[2] * 3, *[3] * 3]
    assert told(video.frames(18, 21)) == [2, 2, 3]
    assert told(np.stack(list(read_video(path)))) == [0, 1, 2, 3]
    assert middle_frame(path).shape == (36, 64, 3)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(MediaError, match=r"v\.webp"):
        probe_video(path)
