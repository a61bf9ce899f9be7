"""What moves a person: a driving video, or the videos that are made of one."""

from __future__ import annotations

import pytest

from flows.storyboard.model import Motion
from tests.flows.storyboard.conftest import FILM, Desk

DANCE = "assets/dance.mp4"


def _film(motion: str) -> str:
    return f"{FILM}      - prompt: a person dances\n        image: assets/boat.png\n        motion: {motion}\n"


def _motion(desk: Desk, motion: str) -> Motion:
    found = desk.load(_film(motion)).shots[0].motion
    assert found is not None
    return found


def test_a_driving_video_with_all_it_may_say(desk: Desk) -> None:
    video = desk.folder / DANCE
    assert _motion(desk, f"{{video: {DANCE}}}") == Motion(video)
    assert _motion(desk, f"{{video: {DANCE}, mode: replace}}") == Motion(video, "replace")
    assert _motion(desk, f"{{video: {DANCE}, retarget: true}}") == Motion(video, retarget=True)


def test_ready_made_videos_say_by_what_there_is_whether_a_person_is_replaced(desk: Desk) -> None:
    video = desk.folder / DANCE
    assert _motion(desk, f"{{pose: {DANCE}, face: {DANCE}}}") == Motion(pose=video, face=video)
    everything = f"{{pose: {DANCE}, face: {DANCE}, background: {DANCE}, mask: {DANCE}}}"
    wanted = Motion(mode="replace", pose=video, face=video, background=video, mask=video)
    assert _motion(desk, everything) == wanted


def test_who_speaks_moves_as_a_pose_video_alone_says(desk: Desk) -> None:
    sound = "        audio: assets/talk.wav\n"
    found = desk.load(_film(f"{{pose: {DANCE}}}") + sound).shots[0].motion
    assert found == Motion(pose=desk.folder / DANCE)
    assert "needs its `pose`" in desk.the_problem(_film(f"{{face: {DANCE}}}") + sound).message


@pytest.mark.parametrize(
    ("motion", "message"),
    [
        ("{}", "motion is empty"),
        ("{mode: replace}", "motion is empty"),
        (f"{{video: {DANCE}, pose: {DANCE}}}", "`pose` is made from `video`"),
        (f"{{pose: {DANCE}}}", "a ready-made `pose` needs its `face`"),
        (f"{{face: {DANCE}}}", "a ready-made `face` needs its `pose`"),
        (f"{{pose: {DANCE}, face: {DANCE}, mask: {DANCE}}}", "a ready-made `mask` needs its `background`"),
        (f"{{background: {DANCE}, mask: {DANCE}}}", "`background` alone moves nobody"),
        (f"{{pose: {DANCE}, face: {DANCE}, mode: replace}}", "takes the scene without them"),
        (
            f"{{pose: {DANCE}, face: {DANCE}, background: {DANCE}, mask: {DANCE}, mode: animate}}",
            "a background is used when a person is replaced",
        ),
        (f"{{pose: {DANCE}, face: {DANCE}, retarget: true}}", "a ready-made pose cannot be fitted"),
        (f"{{video: {DANCE}, mode: replace, retarget: true}}", "keeps the motion as it is"),
    ],
)
def test_what_contradicts_itself_is_named_with_its_place(desk: Desk, motion: str, message: str) -> None:
    problem = desk.the_problem(_film(motion))
    assert message in problem.message
    assert problem.fix
    assert problem.place is not None
    assert problem.place.line == 8
