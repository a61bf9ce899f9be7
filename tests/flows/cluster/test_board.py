"""What is told of the queue, and which machine and reason it names."""

from __future__ import annotations

from flows.cluster.board import Board
from flows.cluster.failures import Blame, Fault
from flows.events import Event, Failed, Log
from flows.planning.model import Clip
from tests.flows.cluster.clips import clip


def board_of(*clips: Clip, attempts: int = 3) -> Board:
    """`w1` runs on the machine `one`, `w2` on `two`."""
    board = Board(attempts)
    board.submit(clips)
    for worker, node in (("w1", "id 1"), ("w2", "id 2")):
        board.join(worker)
        board.started(worker, node)
    return board


def fails(board: Board, worker: str, node: str, message: str, blame: Blame) -> list[Event]:
    lease = board.lease(worker, ())
    assert lease is not None
    board.failed(Fault(lease.clip.fingerprint, message, blame, every_variant=True), f"{worker} ({node})", node)
    return list(board.pending())


def test_a_film_that_no_machine_can_render_names_every_machine_and_its_reason() -> None:
    board = board_of(clip("a"), clip("b", after=["a"]))
    (first,) = fails(board, "w1", "one", "other weights", Blame.NODE)
    assert first == Failed("a", "w1 (one)", "other weights", final=False)
    assert board.lease("w1", ()) is None, "it can render nothing of what is left where it is"
    board.retire("w1", "w1 (one)", "")
    (said,) = board.pending()
    assert isinstance(said, Log)
    assert said.message == "w1 (one) is out of use: one: other weights"
    lost, follower = fails(board, "w2", "two", "no room", Blame.NODE)
    why = "no worker is left that could render it: one: other weights; two: no room"
    assert lost == Failed("a", "", why, final=True)
    assert isinstance(follower, Failed)
    assert (follower.fingerprint, follower.because_of) == ("b", "a")


def test_a_clip_that_fails_on_every_worker_says_where_it_failed_last() -> None:
    board = board_of(clip("a"), attempts=2)
    fails(board, "w1", "one", "it died", Blame.UNKNOWN)
    assert fails(board, "w2", "two", "it died again", Blame.UNKNOWN) == [
        Failed("a", "w2 (two)", "it died again", final=True)
    ]


def test_when_the_last_worker_keeps_failing_what_is_left_is_lost_with_its_reason() -> None:
    board = board_of(clip("a"))
    for worker in ("w1", "w2"):
        board.retire(worker, worker, "it died")
    *_, lost = board.pending()
    assert lost == Failed("a", "", "no worker is left that could render it: w1: it died; w2: it died", final=True)
    assert not board.wanted
