"""`wanflow render --review` and `wanflow review`, as a person and as a program use them. What would be rendered is in
the store already."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from flows.cli.forms import FORMS
from flows.cli.main import wanflow
from flows.errors import FlowsError, StoryboardError, UserError
from flows.film import make_film
from flows.project import plan
from flows.review.history import read_entries
from flows.review.prepare import Reviewed
from tests.flows.cli.conforming import faults
from tests.flows.review.reviews import film, loaded, prepared, rendered

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`wanflow ARGUMENTS` about the film of `tmp_path`; nobody watches it, and nobody sits at a terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flows.runs.run_film", make_film)
    overrides = film(tmp_path)

    def asked(*arguments: str) -> Result:
        return CliRunner().invoke(wanflow, [arguments[0], "boat.yaml", *overrides, *arguments[1:]])

    return asked


def in_store(folder: Path, kind: str = "stills") -> Reviewed:
    reviewed = prepared(folder, kind)
    rendered(reviewed.looks)
    if not reviewed.open:
        rendered(plan(reviewed.final))
    return reviewed


def test_a_command_ends_when_people_have_to_decide_and_goes_on_when_they_have(run: Run, tmp_path: Path) -> None:
    in_store(tmp_path)
    first = run("render", "--review", "stills")
    assert first.exit_code == 3, first.output
    assert "sheet     outputs/the-reviewed-boat/review/sheet.html" in first.output
    assert "to decide river.launch, river.drift, river.night" in first.output
    assert "Next: wanflow review boat.yaml" in first.output
    assert "Then the film: " in first.output, "what it may cost"
    assert "Looks: " not in first.output, "they are in the store"

    decided = run("review", "--approve", "launch", "--take", "drift", "--note", "drift=closer", "--by", "maria")
    assert decided.exit_code == 0, decided.output
    assert "river.drift  take, seed 4  (closer)" in decided.output
    in_store(tmp_path)
    second = run("render", "--review", "stills")
    assert second.exit_code == 3
    assert "to decide river.drift, river.night" in second.output

    assert run("review", "--approve-all", "--by", "jo").exit_code == 0
    reviewed = in_store(tmp_path)
    last = run("render", "--review", "stills")
    assert last.exit_code == 0, last.output
    assert (tmp_path / "outputs/the-reviewed-boat/film.mp4").exists()
    (then,) = [line for line in last.output.splitlines() if line.startswith("Next: ")]
    assert then.startswith("Next: edit the storyboard, and look again at what has changed: wanflow render boat.yaml ")
    assert then.endswith(" --review stills"), "without it what was decided would not hold"
    entries = read_entries(reviewed.store, reviewed.sheet.folder)
    assert [(entry.who, len(entry.decisions)) for entry in entries] == [("maria", 2), ("jo", 2)]
    late = run("review", "--approve-all")
    assert isinstance(late.exception, UserError)
    assert "waits for no decisions" in str(late.exception)

    told = run("review")
    assert told.exit_code == 0, told.exception
    lines = told.output.splitlines()
    assert lines[0] == "The reviewed boat waits for no decisions. What was decided:"
    assert re.fullmatch(r"maria on \d{4}-\d\d-\d\d \d\d:\d\d UTC \(wanflow review\)", lines[1])
    assert lines[2:4] == ["    river.launch  approve", "    river.drift  take, seed 4  (closer)"]
    assert lines[4].startswith("jo on ")
    document = json.loads(run("review", "--json").stdout)
    assert [*faults(document, FORMS["review"])] == []
    assert (document["kind"], document["open"], len(document["history"])) == (None, [], 2)


def test_programs_read_what_waits_and_write_what_is_decided(
    run: Run, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    in_store(tmp_path)
    waiting = run("render", "--review", "stills", "--json")
    assert waiting.exit_code == 3
    document = json.loads(waiting.stdout)
    assert document["exit_code"] == 3
    assert document["waiting"] == ["river.launch", "river.drift", "river.night"]
    assert document["film"] is None
    assert Path(document["report"]).name == "sheet.html"

    events = run("render", "--review", "stills", "--events")
    assert events.exit_code == 3
    lines = [json.loads(line) for line in (capfdbinary.readouterr().out + events.stdout_bytes).splitlines()]
    (waits,) = [line for line in lines if line.get("event") == "waits for review"]
    assert waits["shots"] == document["waiting"]
    assert shlex.split(waits["decide"]) == ["wanflow", "review", "boat.yaml", *film(tmp_path)]

    form: Any = json.loads(run("review", "--json").stdout)
    form["shots"]["river.launch"]["decision"] = "approve"
    form["shots"]["river.night"] |= {"decision": "prompt", "prompt": "<boat> under the moon"}
    (tmp_path / "d.json").write_text(json.dumps(form))
    taken = run("review", "--decisions", "d.json", "--json")
    assert taken.exit_code == 0, taken.exception
    told: Any = json.loads(taken.stdout)
    assert [each["verdict"] for each in told["taken"]["decisions"]] == ["approve", "prompt"]
    assert told["open"] == ["river.drift", "river.night"]

    again = run("review", "--decisions", "d.json")
    assert isinstance(again.exception, UserError)
    assert re.search("has decided 2 shots in the meantime", str(again.exception))


def test_how_it_stands_and_what_was_decided_is_told_without_asking(run: Run, tmp_path: Path) -> None:
    in_store(tmp_path)
    never = run("review")
    assert isinstance(never.exception, UserError)
    assert "waits for no decisions" in str(never.exception)
    run("render", "--review", "stills")
    assert "Nothing was decided yet." in run("review", "--show").output
    run("review", "--approve", "launch", "--by", "maria")
    told = run("review", "--show").output
    assert "river.launch  approved by maria on " in told
    assert "river.drift  open  seed 3  <boat> comes closer" in told
    assert "\n    river.launch  approve\n" in told
    assert run("review", "--show", "--approve-all").exit_code == 2
    run("review", "--approve-all", "--by", "maria")
    done = run("review")
    assert "\nEvery shot is decided. Next: the film: wanflow render boat.yaml " in done.output, "and nobody is asked"
    run("review", "--reject", "--by", "jo")
    assert re.search(r"jo on .* \(wanflow review\): rejected it", run("review").output)


def test_where_every_shot_is_given_its_picture_programs_read_a_document_too(
    run: Run, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    Image.new("RGB", (256, 144), "teal").save(tmp_path / "a.png")
    text = "storyboard: 1\ntitle: The reviewed boat\nscenes: [{shots: [{prompt: a red boat, image: a.png}]}]\n"
    (tmp_path / "boat.yaml").write_text(text)
    waiting = run("render", "--review", "stills", "--json")
    assert waiting.exit_code == 3, waiting.exception
    document = json.loads(waiting.stdout)
    assert [*faults(document, FORMS["render"])] == []
    assert document["waiting"] == ["scene-1.shot-1"]
    assert (document["plan"], document["film"], document["rendered"]) == (None, None, 0)
    assert Path(document["report"]).is_file()
    events = run("render", "--review", "stills", "--events")
    lines = [json.loads(line) for line in (capfdbinary.readouterr().out + events.stdout_bytes).splitlines()]
    assert [line.get("event") for line in lines] == ["waits for review", None]


def test_the_command_that_is_told_finds_what_waits_from_anywhere(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_store(tmp_path)
    first = run("render", "--review", "stills", "notify.webhook=env:HOOK")
    assert first.exit_code == 3, first.exception
    told = next(line for line in first.output.splitlines() if line.startswith("Next: "))
    command = shlex.split(told.removeprefix("Next: ").partition("    ")[0])
    assert command[:3] == ["wanflow", "review", "boat.yaml"]
    assert not [word for word in command if word.startswith("notify")], "where people are told is nobody's business"
    page = tmp_path / "outputs/the-reviewed-boat/review/sheet.html"
    assert f"store.address={tmp_path / 'store'}" in page.read_text()
    done = CliRunner().invoke(wanflow, [*command[1:], "--approve-all"])
    assert done.exit_code == 0, done.exception
    again = next(line for line in done.output.splitlines() if line.startswith("Next: "))
    assert shlex.split(again)[4:-2] == ["render", "boat.yaml", *film(tmp_path)]


def test_what_looks_and_film_may_cost_is_said_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from flows.cli.render_review import _say_costs

    film(tmp_path)
    reviewed = prepared(tmp_path, "draft")
    _say_costs(reviewed, plan(reviewed.final))
    looks, then = capsys.readouterr().out.splitlines()
    assert re.match(r"Looks: .* of a worker \(.* to .*\)", looks)
    assert re.match(r"Then the film: .* of a worker \(.* to .*\)", then)


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_what_keeps_the_film_from_being_rendered_is_found_before_anybody_looks(
    how: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    film(tmp_path)
    board = (tmp_path / "boat.yaml").read_text()
    (tmp_path / "boat.yaml").write_text(board.replace("duration: 0.2s", "duration: 9s"))  # of stills there is none
    wrong = run("render", "--review", "stills", *how)
    assert isinstance(wrong.exception, StoryboardError)
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--approve", "gone"), "--approve gone:1:1: no shot of The reviewed boat is called 'gone'"),
        (("--prompt", "night=a <baot>"), "--prompt night:1:3: shot river.night: <baot> is not in the cast"),
        (("--prompt", "night"), "write --prompt SHOT=TEXT"),
        (("--note", "night=dark", "--note", "river.night=light"), "--note river.night:1:1: river.night has two notes"),
        (("--drop", "launch"), "river.launch cannot be dropped: river.drift goes on from it"),
        (("--reject", "--approve", "night"), "--reject and decisions about shots exclude each other"),
        (("--decisions", "d.json", "--approve-all"), "--decisions and other decisions exclude each other"),
        (("--approve-all", "--by", ""), "is no name of who decides"),
    ],
)
def test_what_is_wrong_names_the_flag_and_nothing_is_kept(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    reviewed = in_store(tmp_path)
    run("render", "--review", "stills")
    wrong = run("review", *arguments)
    assert isinstance(wrong.exception, UserError)
    assert said in str(wrong.exception)
    assert read_entries(reviewed.store, reviewed.sheet.folder) == ()


def test_decisions_may_come_one_after_the_other(run: Run, tmp_path: Path) -> None:
    reviewed = in_store(tmp_path)
    run("render", "--review", "stills")
    for shot in ("launch", "drift", "night"):
        assert run("review", "--approve", shot).exit_code == 0
    assert run("review", "--drop", "night", "--by", "jo").exit_code == 0
    entries = read_entries(reviewed.store, reviewed.sheet.folder)
    assert [entry.decisions[0].verdict for entry in entries] == ["approve", "approve", "approve", "drop"]
    assert prepared(tmp_path, "stills").open == ()


def test_a_film_that_is_rejected_asks_again_when_it_is_rendered_again(run: Run, tmp_path: Path) -> None:
    in_store(tmp_path)
    run("render", "--review", "stills")
    assert "is rejected" in run("review", "--reject").output
    assert run("render", "--review", "stills").exit_code == 3


def test_who_decides_nothing_in_time_has_no_film(run: Run, tmp_path: Path) -> None:
    in_store(tmp_path)
    assert run("render", "--review", "stills", "review.timeout=0.001s").exit_code == 3
    late = run("render", "--review", "stills", "review.timeout=0.001s")
    assert isinstance(late.exception, FlowsError)
    assert late.exception.exit_code == 1
    assert "nobody has decided in time" in str(late.exception)


def test_a_review_is_of_the_whole_film(run: Run) -> None:
    wrong = run("render", "--review", "stills", "--only", "launch")
    assert isinstance(wrong.exception, UserError)
    assert "--only and --review exclude each other" in str(wrong.exception)
    assert run("render", "--review", "video").exit_code == 2


def test_without_a_review_nothing_is_asked(run: Run, tmp_path: Path) -> None:
    rendered(plan(loaded(tmp_path)))
    assert run("render").exit_code == 0
