"""What can be said of a storyboard without weights and a store: for `wanflow check`. Pure."""

from __future__ import annotations

from collections.abc import Collection

from flows.errors import Problem
from flows.planning.film_checks import voice_remarks
from flows.planning.media_fit import length_remarks
from flows.planning.recipes import lay_out, moments_of
from flows.resolve import Snapshot
from flows.settings import Settings
from flows.shots import ANY_FAMILY
from flows.storyboard.model import Storyboard


def storyboard_findings(
    storyboard: Storyboard, settings: Settings, snapshot: Snapshot, known: Collection[str]
) -> tuple[list[Problem], list[Problem]]:
    """What is wrong whatever the family of models, and what is worth a word, though nothing is wrong. Shots that
    something is `known` to be wrong with are left out: one mistake is said once, and nothing is remarked beside it."""
    problems = list(snapshot.problems)
    geometry, recipes = lay_out(storyboard, settings, ANY_FAMILY, snapshot, problems)
    wrong = {*known, *(problem.shot for problem in problems)}
    right = [shot for shot in storyboard.shots if shot.full_id not in wrong]
    remarks = [remark for shot in right for remark in length_remarks(shot, snapshot)]
    remarks += [remark for remark in snapshot.remarks if remark.shot not in wrong]
    if not problems and not known and all(shot.duration is not None for shot in storyboard.shots):
        # else the film's length is not known, or is up to the family
        remarks += voice_remarks(storyboard, snapshot, moments_of(recipes, geometry.fps))
    return [problem for problem in problems if problem.shot not in known], remarks
