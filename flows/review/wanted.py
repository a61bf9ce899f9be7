"""What people want, checked: against what is asked, by the same rules whether it comes from flags, a file or a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flows.errors import StoryboardError, UserError
from flows.review.model import VERDICTS, Decision, Entry, Question, Sheet, Verdict
from flows.review.rounds import left_out, next_number, next_seed, open_of, stand_of, whole
from flows.review.said import Entries, Said, said_in
from flows.review.targets import Target, target_of
from flows.storyboard.nodes import Source, Text
from flows.storyboard.problems import Problems
from flows.storyboard.prompts import check_words
from flows.storyboard.variables import CONTROL
from wan.system.suggest import did_you_mean

MOST_NOTE = 2000
"""Characters of a note."""
MOST_NAME = 100
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """About one shot, each part where it was written. `verdict` empty: what is meant follows from the rest."""

    shot: Text
    verdict: Text | None = None
    prompt: Text | None = None
    note: Text | None = None
    look: Text | None = None

    @property
    def notes_only(self) -> bool:
        """Whether nothing is decided, and something said."""
        return bool(self.note) and not self.prompt and (self.verdict is None or self.verdict.value.strip() == "note")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person wants. `number`: how many entries there were when the person looked; None: as many as there are.
    `sources` are the texts it was read from."""

    who: str
    how: str
    wanted: tuple[Wanted, ...] = ()
    approve_rest: bool = False
    rejected: bool = False
    number: int | None = None
    sources: tuple[Source, ...] = field(default=(), compare=False)


def entry_of(answer: Answer, sheet: Sheet, entries: Sequence[Entry], now: datetime) -> Entry:
    """The entry that an answer makes. Raises UserError for who comes too late, StoryboardError with every problem, each
    where it was written; then nothing of the answer counts."""
    check_first(answer, entries)
    problems = Problems()
    for source in answer.sources:
        problems.knows(source)
    check_name(answer.who, problems)
    decisions = [] if answer.rejected else _decisions(answer, sheet, entries, problems)
    if not answer.rejected:
        _check_drops(decisions, sheet, entries, problems)
    problems.stop_if_any()
    if not decisions and not answer.rejected:
        raise UserError(f"nothing is decided\n    say what is to become of a shot: {', '.join(VERDICTS)}")
    return Entry(
        number=next_number(entries),
        when=now,
        who=answer.who,
        how=answer.how,
        decisions=tuple(decisions),
        rejected=answer.rejected,
    )


def check_first(answer: Answer, entries: Sequence[Entry]) -> None:
    """Of two people who decide at once the first one wins. Raises UserError for the second."""
    later = [entry for entry in entries if answer.number is not None and entry.number > answer.number]
    if later:
        raise UserError(
            f"{later[-1].signed} has {later[-1].words} in the meantime; nothing of this was taken\n"
            "    look again, and decide what is left"
        )


def check_name(who: str, problems: Problems) -> None:
    """Of who decides."""
    if not who.strip() or len(who) > MOST_NAME or CONTROL.search(who) or "\n" in who:
        problems.add(None, f"{who[:MOST_NAME]!r} is no name of who decides", "say one: --by NAME")


def _decisions(answer: Answer, sheet: Sheet, entries: Sequence[Entry], problems: Problems) -> list[Decision]:
    seen: set[str] = set()
    found: dict[str, Decision] = {}
    said = said_in(entries)
    named = [(wanted, target) for wanted in answer.wanted if (target := target_of(wanted.shot, sheet, problems))]
    targets = _with_notes(named, problems)
    for wanted, target in sorted(targets, key=lambda each: not each[1].one):  # who names one shot means that one
        if target.film:
            found |= {each.shot: each for each in _of_film(wanted, target, sheet, said, problems)}
        for question in target.questions if _is_about_shots(wanted, target) else ():
            if question.shot in seen and target.one:
                problems.add(wanted.shot, f"{question.shot} is decided twice", "decide it once")
            if question.shot in seen:
                continue
            if target.one:
                seen.add(question.shot)
            decision = _decision(wanted, question, sheet, problems)
            if decision is not None and not _stands(decision, question, said, several=not target.one):
                seen.add(question.shot)
                found[question.shot] = decision
    for shot in open_of(sheet, said) if answer.approve_rest else ():
        question = sheet.of(shot)
        rest = Decision(shot=shot, verdict="approve", look=question.look, films=question.films)
        if shot not in found or found[shot].verdict == "note":
            found[shot] = replace(found.get(shot, rest), verdict="approve")
    return [*found.values()]


def _with_notes(named: Sequence[tuple[Wanted, Target]], problems: Problems) -> list[tuple[Wanted, Target]]:
    """A note goes with what else is decided of the same, however it is called there; there is one of each."""
    decided = [each for each in named if not each[0].notes_only]
    for wanted, target in named:
        if not wanted.notes_only:
            continue
        place = next((n for n, (_, other) in enumerate(decided) if other == target), None)
        if place is None:
            decided.append((wanted, target))
        elif decided[place][0].note is not None:
            problems.add(wanted.note, f"{wanted.shot.value} has two notes", "write them as one")
        else:
            decided[place] = (replace(decided[place][0], note=wanted.note), target)
    return decided


def _is_about_shots(wanted: Wanted, target: Target) -> bool:
    """A film that is left out keeps its shots as they are."""
    return not target.film or (wanted.verdict is not None and wanted.verdict.value.strip() == "approve")


def _of_film(wanted: Wanted, target: Target, sheet: Sheet, entries: Entries, problems: Problems) -> Iterator[Decision]:
    """About a film of a batch as a whole: it is left out, or made after all."""
    film = next(each for each in sheet.films if each.name == target.film)
    verdict = _verdict(wanted, None, problems)
    note = _note(wanted.note, problems)
    if verdict in ("take", "prompt") or (wanted.prompt and wanted.prompt.value.strip()):
        problems.add(wanted.shot, f"{film.name} is a film", f"name a shot of it: {film.name}:SHOT")
    elif verdict is not None:
        out = film.name in left_out(sheet.films, entries)
        if note or verdict == "note" or (verdict == "drop") != out:
            shot = whole(film.name)
            yield Decision(shot=shot, verdict=verdict, look=film.key, note=note, films=(film.name,))


def _stands(decision: Decision, question: Question, entries: Entries, *, several: bool = False) -> bool:
    """Whether it says what stands already, without a word more. `several`: what is said of many shots at once decides
    no shot anew."""
    same = {"approve": "approved", "drop": "dropped"}.get(decision.verdict)
    standing = stand_of(question, entries).standing
    return (several and decision.verdict == "approve" and standing != "open") or (
        not decision.note and standing == same
    )


def _decision(wanted: Wanted, question: Question, sheet: Sheet, problems: Problems) -> Decision | None:
    """None where nothing is said, or something is wrong."""
    before = len(problems)
    problems.shot = question.shot
    try:
        prompt = wanted.prompt if wanted.prompt and wanted.prompt.value.strip() != question.words else None
        prompt = prompt if prompt and prompt.value.strip() else None
        verdict = _verdict(wanted, prompt, problems)
        if wanted.look and wanted.look.value != question.look:
            fix = "look at it again, and decide anew"
            problems.add(wanted.look, "it was rendered again since this was written, or has been changed", fix)
        note = _note(wanted.note, problems)
        if verdict == "note" and not note:
            problems.add(wanted.note or wanted.shot, "a note is not written", "write what is to be kept")
        if verdict == "prompt" and prompt is not None:
            check_words(prompt, sheet.cast, sheet.variables, problems)
        if verdict == "take" and question.given:
            fix = "approve it, give a new prompt, or look at drafts: --review draft"
            problems.add(
                wanted.verdict or wanted.shot,
                "its still is the picture that it starts from: every take has the same",
                fix,
            )
        if verdict is None or len(problems) > before:
            return None
    finally:
        problems.shot = None
    return Decision(
        shot=question.shot,
        verdict=verdict,
        look=question.look,
        note=note,
        prompt=prompt.value.strip() if prompt and verdict == "prompt" else "",
        written=question.written if verdict == "prompt" else "",
        seed=next_seed(question.seed) if verdict == "take" else 0,
        written_seed=question.written_seed if verdict == "take" else 0,
        films=question.films,
    )


def _verdict(wanted: Wanted, prompt: Text | None, problems: Problems) -> Verdict | None:
    said = wanted.verdict.value.strip() if wanted.verdict else ""
    if not said:
        return "prompt" if prompt else "note" if wanted.note and wanted.note.value.strip() else None
    assert wanted.verdict is not None
    known: dict[str, Verdict] = {name: name for name in VERDICTS}
    verdict = known.get(said)
    if verdict is None:
        fix = did_you_mean(said, list(known), f"there are: {', '.join(known)}")
        problems.add(wanted.verdict, f"there is no decision {said[:60]!r}", fix)
    elif verdict == "prompt" and prompt is None:
        problems.add(wanted.verdict, "a new prompt is not written, or is the one that it has", "write another prompt")
    elif verdict != "prompt" and prompt is not None:
        fix = f"remove the prompt, or decide prompt in place of {said}"
        problems.add(prompt, f"a new prompt and {said} exclude each other", fix)
    return verdict


def _note(note: Text | None, problems: Problems) -> str:
    text = note.value.strip() if note else ""
    if note and len(text) > MOST_NOTE:
        problems.add(note, f"a note has at most {MOST_NOTE:,} characters, this one {len(text):,}", "make it shorter")
    elif note and CONTROL.search(text):
        problems.add(note, "a control character is in the note", "remove it")
    return text


def _check_drops(decisions: Sequence[Decision], sheet: Sheet, entries: Sequence[Entry], problems: Problems) -> None:
    """A film can be made without them, and a batch without these films."""
    if not any(decision.verdict == "drop" for decision in decisions):
        return
    new = Entry(number=next_number(entries), when=sheet.since, who="", how="", decisions=tuple(decisions))
    after = Said((*entries, new))
    out = left_out(sheet.films, after)
    if sheet.films and len(out) == len(sheet.films):
        problems.add(None, "no film would be left of the batch", "reject the batch: --reject")
        return
    for film, questions in sheet.views.items():
        if film not in out:
            _check_film(film, questions, sheet, after, problems)


def _check_film(film: str, questions: Sequence[Question], sheet: Sheet, entries: Entries, problems: Problems) -> None:
    dropped = {each.shot for each in questions if stand_of(each, entries).standing == "dropped"}
    of = f"{film}:" if film else ""
    if dropped and len(dropped) == len(questions):
        fix = f"leave the film out: --drop {film}" if film else "reject the film: --reject"
        problems.add(None, f"no shot would be left of {film or 'the film'}", fix)
        return
    for question in questions:
        for needed in dropped.intersection(question.needs):
            if question.shot not in dropped:
                message = f"{of}{needed} cannot be dropped: {of}{question.shot} goes on from it"
                fix = f"drop {of}{question.shot} too, or change its continuity in the storyboard"
                problems.add(None, message, fix)
    for shot in sorted(dropped.intersection(sheet.cued)):
        problems.add(None, f"{of}{shot} cannot be dropped: a voice begins with it", "change soundtrack.voiceover first")


def texts(name: str, value: str) -> tuple[Source, Text]:
    """A value that stands alone: that of a flag, or of a form's field."""
    source = Source(name, value)
    return source, Text(source, 1, 1, value, False)


def problems_in(error: UserError) -> Iterable[str]:
    """As people read them."""
    if isinstance(error, StoryboardError):
        return [str(problem) for problem in error.problems]
    return [str(error)]
