"""The tiny Animate's bar: do figures in looks that training never saw follow dances that it never saw?"""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import Tensor

from wan.request import ArrayVideo
from wan.tiny import captions, figures
from wan.tiny.draw import to_frames
from wan.tiny.judge_figures import read_joints
from wan.tiny.measure import SEED
from wan.tiny.render import FamilyRenderer
from wan.tiny.world import NUM_FRAMES
from wan.variants.animate.clips import clip_lengths

OVERLAP = 1


def dance(
    renderer: FamilyRenderer, look: figures.FigureLook, motion: figures.Motion, frames: int, seed: int
) -> tuple[Tensor, Tensor]:
    """The shot in which a figure of that look dances `[F, H, W, 3]`, and where its joints should be `[F, 15, 2]`."""
    joints = figures.joints_of([motion], range(frames))
    opening = torch.rand(1, frames, generator=torch.Generator().manual_seed(seed))
    pose = ArrayVideo(np.ascontiguousarray(to_frames(figures.draw_driving(joints))[0]))
    face = ArrayVideo(np.ascontiguousarray(to_frames(figures.draw_driving_face(opening))[0]))
    place, light = captions.PLACE_PHRASES[look.place][0], captions.LIGHT_PHRASES[look.light][0]
    shot = renderer.render_shot(
        clip_lengths(frames, NUM_FRAMES, OVERLAP), prompt=f"a paper toy, {place} {light}", seed=seed,
        image=standing_picture(look, seed), pose=pose, face=face,
    )  # fmt: skip
    return shot[:frames], joints[0]


def standing_picture(look: figures.FigureLook, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A picture of the look, in another pose than any dance begins with."""
    other = figures.random_motion(seed + 10**6)
    joints = figures.joints_of([other], [7])
    still = figures.draw_figures([look], joints, torch.tensor([other.size]), torch.zeros(1), torch.zeros(1, 1))[0]
    picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = to_frames(still)[0, 0]
    return picture


def unseen_dances(count: int) -> list[tuple[figures.FigureLook, figures.Motion]]:
    """Looks held out of training, with dances of seeds that it never drew."""
    rng = random.Random(SEED)
    return [(figures.random_look(rng, held_out=True), figures.random_motion(SEED + i)) for i in range(count)]


def measure_dances(renderer: FamilyRenderer, count: int, *, frames: int = 2 * NUM_FRAMES - 1) -> dict[str, float]:
    """Mean distance of joints from where the driving video has them, in percent of the figure's height: of all, of the
    second clip's, of the worst joint and the worst shot; joints that the judge could not see; shots without a
    figure."""
    errors, hidden, lost = [], [], 0
    for number, (look, motion) in enumerate(unseen_dances(count)):
        shot, truth = dance(renderer, look, motion, frames, SEED + number)
        joints = read_joints(shot, look)
        if joints is None:
            lost += 1
            continue
        errors.append(100 * (joints - truth).norm(dim=-1) / (figures.STANDING * motion.size))
        hidden.append(float(joints.isnan().any(-1).float().mean()))
    if not errors:
        return {"shots": float(count), "lost": float(lost), "error_percent": 100.0}
    together = torch.stack(errors)
    return {
        "shots": float(count),
        "lost": float(lost),
        "error_percent": float(together.nanmean()),
        "error_percent_second_clip": float(together[:, NUM_FRAMES:].nanmean()) if frames > NUM_FRAMES else 0.0,
        "error_percent_worst_joint": float(together.nanmean(dim=(0, 1)).max()),
        "error_percent_worst_shot": float(together.nanmean(dim=(1, 2)).max()),
        "hidden_percent": 100 * sum(hidden) / len(hidden),
    }
