"""People are told by real servers that are slow, refuse, hang or are gone: no film fails for it, or waits for long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.config import compose
from flows.errors import RenderError, Stopped, UserError
from flows.events import BudgetLow, Event, Log
from flows.film.observer import Unobserved
from flows.notify import mail, telling, webhook
from flows.notify.message import Message
from flows.notify.telling import Notifying
from flows.runs import run_film
from flows.runs.server import Server
from flows.settings import NotifySettings
from tests.flows.cluster.troubled import KIND
from tests.flows.film.filming import plan_in
from tests.flows.notify import receivers
from tests.flows.notify.receivers import Inbox

SETTINGS = compose([]).settings.notify


@pytest.fixture
def hook() -> Iterator[Inbox]:
    with receivers.webhook() as inbox:
        yield inbox


@pytest.fixture(autouse=True)
def no_run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody shows a run, nobody waits for its address."""
    if "server" not in request.fixturenames:
        monkeypatch.setattr(telling, "LINK_SECONDS", 0.0)


@pytest.fixture
def settings(hook: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NotifySettings:
    """A webhook's address is in the environment, with a secret path."""
    monkeypatch.setenv("HOOK", f"{hook.address}/SECRET")
    return replace(SETTINGS, webhook="env:HOOK")


def ended(settings: NotifySettings, error: BaseException | None = None) -> tuple[float, str | None]:
    """A film of nobody's ends: how long that took, and what is said of it."""
    observer = Notifying[None, Event](
        Unobserved(),
        settings,
        lambda making: "Spot",
        lambda making, error, began: Message("failed" if error else "done", "Spot", (str(error or "film.mp4"),)),
    )
    observer.start()
    observer.begin(None)
    observer.tell(BudgetLow("cost.cap.batch", 9.0, 10.0, "EUR"))
    began = time.monotonic()
    observer.end(None, error)
    observer.close()
    observer.close()
    return time.monotonic() - began, "\n".join(observer.troubles) or None


def test_people_are_told_of_the_end_and_of_what_cannot_wait(hook: Inbox, settings: NotifySettings) -> None:
    took, trouble = ended(settings, RenderError("one take"))
    assert trouble is None
    assert took < 5
    assert sorted(each["text"] for each in hook.came) == [
        "*Spot has failed*\none take",
        "*Spot has nearly spent its budget*\ncost.cap.batch: 9 of 10 EUR are spent or reserved",
    ]
    ended(replace(settings, events=("failed",)))
    assert len(hook.came) == 2, "of what nobody asked for nobody is told"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("500", "says 500"),
        ("404", "says 404"),
        ("302", "says 302, and leads elsewhere, which is not followed"),
        ("hangs", "cannot be reached (no answer in time)"),
        ("gone", "cannot be reached (ConnectError)"),
    ],
)
def test_one_that_fails_is_said_once_without_its_secret(
    hook: Inbox, settings: NotifySettings, how: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.5)
    hook.how = how
    if how == "gone":
        monkeypatch.setenv("HOOK", "http://127.0.0.1:9/SECRET")
    took, trouble = ended(settings)
    assert took < 5
    assert trouble == f"not everybody was told: the webhook at http://127.0.0.1/… {said} (2 messages)"


def test_what_goes_wrong_is_one_warning_however_often_it_does(
    hook: Inbox, settings: NotifySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.how = "500"
    gone = Unobserved()
    gone.troubles = ("the run is not shown",)
    watched = Notifying[None, Event](gone, settings, lambda making: "Spot", lambda *ignored: Message("done", "Spot"))
    watched.start()
    watched.begin(None)
    said: list[str] = []  # as a film and a batch say them: each that is new
    for number in range(5):
        watched.tell(BudgetLow("cost.cap.batch", 8.0 + number, 10.0, "EUR"))
        while len(hook.came) < 2 * (number + 1):  # a busy one is asked twice
            time.sleep(0.01)
        said += [trouble for trouble in watched.troubles if trouble not in said]
    watched.end(None, None)
    watched.close()
    said += [trouble for trouble in watched.troubles if trouble not in said]
    assert said == [
        "the run is not shown",
        "not everybody was told: the webhook at http://127.0.0.1/… says 500 (6 messages)",
    ]


def test_a_slow_one_is_waited_for_and_one_that_never_ends_is_left(
    hook: Inbox, settings: NotifySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.how = "slow"
    assert ended(settings)[1] is None
    monkeypatch.setattr(telling, "WAIT_SECONDS", 0.3)
    hook.how = "hangs"
    took, trouble = ended(settings)
    assert took < 2
    assert trouble == f"{telling.LATE} (2 messages)"


def test_mail_is_sent_and_one_way_that_fails_keeps_no_other(
    hook: Inbox, settings: NotifySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receivers.mailbox() as post:
        monkeypatch.setenv("SMTP", f"{post.address}?from=films@x.org")
        both = replace(settings, email=("a@x.org", "b@x.org"), smtp="env:SMTP", events=("done",))
        hook.how = "500"
        _, trouble = ended(both)
        assert trouble is not None
        assert "says 500" in trouble
        assert "To: a@x.org, b@x.org" in post.came[0]
        assert "Subject: Spot is made" in post.came[0]
        hook.how, post.how = "200", "500"
        assert "mail to a@x.org, b@x.org is not sent: 127.0.0.1 (SMTP" in str(ended(both)[1])
        monkeypatch.setattr(mail, "SECONDS", 0.3)
        post.how = "hangs"
        assert "is not sent: 127.0.0.1 (" in str(ended(both)[1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"webhook": "env:"}, "notify.webhook env:: it does not say where\n    write env:NAME, or file:PATH"),
        ({"webhook": "file:"}, "notify.webhook file:: it does not say where\n    write env:NAME, or file:PATH"),
        ({"webhook": "env:NOWHERE"}, "notify.webhook env:NOWHERE: the environment has no NOWHERE"),
        ({"email": ("boss",), "smtp": "smtp://localhost"}, "notify.email boss: this is no mail address"),
        ({"email": ("a@x.org",)}, "no server is named that takes mail"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_made(settings: NotifySettings, change: object, said: str) -> None:
    assert isinstance(change, dict)
    with pytest.raises(UserError, match=said.partition(":")[0]) as caught:
        ended(replace(settings, **change))
    assert said in str(caught.value)


@pytest.mark.slow
def test_a_film_is_made_whoever_is_told(
    hook: Inbox, settings: NotifySettings, server: Server, ray_here: RaySession, tmp_path: Path
) -> None:
    plan = plan_in(tmp_path)
    plan = replace(plan, settings=replace(plan.settings, notify=settings))
    stub = RendererSpec(KIND, {"folder": str(tmp_path)})
    result = run_film(plan, renderer=stub)
    (came,) = hook.came
    title, took, used, film, report = came["text"].splitlines()
    assert title == "*The paper boat is made*"
    assert took.startswith("3 takes rendered, 0 from the store, after ")
    assert used.startswith("used ")
    assert film == str(result.path)
    assert "127.0.0.1" in result.run_url, "which leads nobody there, and is not told"
    assert report.endswith("report.html")

    hook.how = "500"
    said: list[str] = []
    result = run_film(
        plan, renderer=stub, on_event=lambda event: said.append(event.message) if isinstance(event, Log) else None
    )
    assert result.path is not None
    assert len([text for text in said if "says 500" in text]) == 1, said
    assert any("says 500" in text for text in result.warnings)


def test_who_stops_a_film_is_not_told() -> None:
    from flows.notify.films import film_message

    nothing = SimpleNamespace(plan=SimpleNamespace(title="Spot"))
    assert film_message(nothing, Stopped("stopped")) is None  # type: ignore[arg-type]
