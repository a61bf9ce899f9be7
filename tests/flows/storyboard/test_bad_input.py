"""Every mistake is named by line, column, what is wrong and what to do, and by the shot it is in."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.flows.storyboard.conftest import Desk

SHOT = "storyboard: 1\ntitle: A film\nscenes:\n  - id: river\n    shots:\n      - id: launch\n        prompt: a boat\n"
"""A whole storyboard of seven lines; keys added to it belong to the shot river.launch."""

SECOND = SHOT + "      - id: drift\n        prompt: it drifts\n"
"""With a second shot, of nine lines."""


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    at: str
    message: str
    fix: str = ""
    shot: str | None = None


def in_shot(name: str, line: str, column: int, message: str, fix: str = "") -> Case:
    return Case(name, SHOT + f"        {line}\n", f"8:{column}", message, fix, "river.launch")


def in_second(name: str, line: str, column: int, message: str, fix: str = "") -> Case:
    return Case(name, SECOND + f"        {line}\n", f"10:{column}", message, fix, "river.drift")


def in_text(name: str, line: str, column: int, message: str, fix: str = "") -> Case:
    """A mistake of YAML itself: found before there are shots."""
    return Case(name, SHOT + f"        {line}\n", f"8:{column}", message, fix)


def in_film(name: str, line: str, column: int, message: str, fix: str = "") -> Case:
    return Case(name, SHOT + f"{line}\n", f"8:{column}", message, fix)


KEYS = [
    in_shot("misspelt key", "promt: a kite", 9, "unknown key 'promt' in a shot", "did you mean prompt?"),
    in_shot(
        "key of another tool", "negative_prompt: x", 9, "unknown key 'negative_prompt'", "negative belongs in a look"
    ),
    in_shot("key in the wrong place", "fps: 24", 9, "unknown key 'fps' in a shot", "belongs in a format"),
    in_shot("a font", "font: Comic Sans", 9, "unknown key 'font' in a shot", "nothing is laid over the picture"),
    in_shot(
        "a text that a comma ended",
        "look: {style: a paper cut, soft light, camera: still}",
        36,
        "the comma ends the text of style, and 'soft light' is read as a key",
        'quote it: style: "a paper cut, soft light"',
    ),
    in_film(
        "a variable that a comma ended",
        "variables: {place: a quiet harbour, image, dusk}",
        37,
        "the comma ends the text of place, and 'image' is read as a key",
        'quote it: place: "a quiet harbour, image, dusk"',
    ),
    in_shot("a logo", "logo: assets/boat.png", 9, "unknown key 'logo' in a shot", "nothing is laid over the picture"),
    in_shot("words to be read", "text: Hello", 9, "unknown key 'text' in a shot", "did you mean caption?"),
    in_shot("code to run", "_target_: os.system", 9, "unknown key '_target_'", "its keys:"),
    in_film("code to run in the film", "_target_: os.system", 1, "unknown key '_target_'", "its keys:"),
    in_shot("key twice", "prompt: again", 9, "the key 'prompt' is here a second time", "it is on line 7 already"),
    in_shot("no value", "duration:", 18, "duration has no value", "remove the key"),
    in_shot(
        "map for text", "caption: {a: b}", 18, "caption must be text, not a map", 'remove the braces: caption: "a: b"'
    ),
    in_shot(
        "a key twice, in braces", "caption: {caption: a dog, big}", 18, "not a map", 'braces: caption: "a dog, big"'
    ),
    in_shot("a text in braces", "caption: {a dog, drone shot}", 18, "not a map", 'caption: "a dog, drone shot"'),
    in_shot("a number in braces", "seed: {7}", 15, "not a map", "remove the braces: seed: 7"),
    in_shot("maps for text", "caption: {a: {b: c}}", 18, "not a map", "write one value after caption:"),
    Case("keys for text", SHOT + "        caption:\n          a: b\n", "9:11", "not a map", "write one value after"),
    in_shot("text for map", "sampling: fast", 19, "sampling must be a map, not text", "num_inference_steps"),
    in_shot("list for number", "seed: [1, 2]", 15, "seed must be a whole number from 0", ""),
    in_film("text for list", "deliver: master", 10, "deliver must be a list, not text"),
    in_film("list for map", "cast: [boat]", 7, "cast must be a map, not a list"),
    Case(
        "missing prompt", SHOT + "      - id: empty\n", "8:9", "a shot needs prompt", "add prompt: text", "river.empty"
    ),
    Case("missing title", SHOT.replace("title: A film\n", ""), "1:1", "the storyboard needs title", "add title: text"),
    Case(
        "missing version", SHOT.replace("storyboard: 1\n", ""), "1:1", "the first line is missing: storyboard: 1", "add"
    ),
    Case("version 2", SHOT.replace("storyboard: 1", "storyboard: 2"), "1:13", "version '2'", "reads storyboard: 1"),
    Case(
        "title filled with nothing",
        SHOT.replace("A film", '"{{ name }}"') + "variables: {name: ' '}\n",
        "2:8",
        "title is empty",
        "give the film a title",
    ),
    Case("no scenes", "storyboard: 1\ntitle: x\nscenes: []\n", "3:9", "scenes is empty", "add a scene"),
    Case("no shots", "storyboard: 1\ntitle: x\nscenes:\n- shots: []\n", "4:10", "shots is empty", "add a shot"),
    Case("empty prompt", SHOT.replace("a boat", '" "'), "7:17", "prompt is empty", "say what is seen", "river.launch"),
    Case("empty title", SHOT.replace("A film", '""'), "2:8", "title is empty", "give the film a title"),
]
VALUES = [
    in_shot("duration in words", "duration: 2 sec", 19, "duration must be a length of time", "write 2s"),
    in_shot("duration 0", "duration: 0", 19, "duration must be longer than 0 s, not 0", "write for example 2s"),
    in_shot("duration 0s", "duration: 0s", 19, "duration must be longer than 0 s, not 0s"),
    in_shot("duration -1", "duration: -1", 19, "duration must be longer than 0 s, not -1"),
    in_shot("duration 1e9", "duration: 1e9", 19, "duration must be at most 4 hours, not 1e9"),
    in_shot("duration without end", "duration: 1e999", 19, "at most 4 hours"),
    in_shot("duration of no unit", "duration: 2 parsecs", 19, "must be a length of time", ""),
    in_shot("seed below 0", "seed: -1", 15, "seed must be a whole number from 0"),
    in_shot("seed above 2^63", "seed: 9223372036854775808", 15, "seed must be a whole number from 0"),
    in_shot("seed of many digits", f"seed: {'9' * 5000}", 15, "seed must be a whole number from 0"),
    in_shot("seed in quotes", 'seed: "7"', 15, "seed must be a number, not text in quotes", "write 7"),
    in_shot("seed with a fraction", "seed: 1.5", 15, "seed must be a whole number"),
    in_shot("no takes", "takes: 0", 16, "takes must be a whole number from 1 to 100"),
    in_shot("steps as text", "sampling: {num_inference_steps: many}", 41, "num_inference_steps must be a whole number"),
    in_shot("guidance too high", "sampling: {guidance_scale: {high: 99}}", 43, "high must be a number from 1 to 50"),
    in_shot("guidance below 1", "sampling: {guidance_scale: 0.5}", 36, "guidance_scale must be a number from 1 to 50"),
    in_shot("unknown solver", "sampling: {solver: uni_pc}", 28, "unknown solver 'uni_pc'", "did you mean unipc?"),
    in_shot("unknown variant", "variant: t2v-a14", 18, "unknown variant 't2v-a14'", "did you mean t2v-a14b?"),
    in_shot("LoRA that climbs", "loras: [../../x]", 17, "loras must be the name of a LoRA"),
    in_shot("LoRA that climbs in its middle", "loras: [a/../x]", 17, "loras must be the name of a LoRA"),
    in_shot("LoRA that begins at the root", "loras: [/etc/x]", 17, "loras must be the name of a LoRA"),
    in_shot("LoRA of a name too long", f"loras: [{'x' * 250}]", 17, "loras must be the name of a LoRA"),
    in_shot("LoRA with a bell", 'loras: ["a\\ab"]', 17, "loras must be the name of a LoRA"),
    in_film("size of one side", "format: {size: 1280}", 16, "a size as `1280x720`, or `from_image`, not '1280'"),
    in_film("size by its name", "format: {size: 1080p}", 16, "a size as `1280x720`", "write 1280x720 and"),
    in_film("odd size", "format: {size: 1281x720}", 16, "both sides must be even", "write 1280x720"),
    in_film("size 0", "format: {size: 0x0}", 16, "each side must have 16 to 8192 pixels"),
    in_film("no rate", "format: {fps: 0}", 15, "fps must be a number above 0"),
    in_film("no number as rate", "format: {fps: .nan}", 15, "fps must be a number above 0"),
    in_film(
        "yes", "soundtrack: {music: {file: assets/talk.wav, duck: yes}}", 51, "must be `true` or `false`", "write true"
    ),
    in_film(
        "not in decibels", "soundtrack: {music: {file: assets/talk.wav, gain_db: loud}}", 54, "gain_db must be a number"
    ),
    in_film("unknown codec", "deliver: [{name: web, video: h256}]", 30, "unknown video 'h256'", "did you mean h265?"),
    in_film("no aspect", "deliver: [{name: web, aspect: wide}]", 31, "aspect must be an aspect as"),
    in_film(
        "size and aspect", 'deliver: [{name: w, size: 64x64, aspect: "1:1"}]', 42, "exclude each other", "keep one"
    ),
    in_film("deliverable twice", "deliver: [{name: w}, {name: w}]", 29, "cannot be called 'w'", "rename it"),
    in_film("deliverable that hides the film", "deliver: [{name: film}]", 18, "film.mp4 is always written"),
    in_film("deliverable that climbs", "deliver: [{name: ../x}]", 18, "name must be an id"),
    in_film("template in a variable", "variables: {a: '{{ b }}'}", 16, "a cannot hold a template itself", "write"),
    in_film("variable name", "variables: {1st: x}", 13, "'1st' cannot be the name of a variable"),
]
NAMES = [
    Case("id with blanks", SHOT.replace("launch", "The Launch"), "6:13", "id must be an id", "for example the-launch"),
    Case("id previous", SHOT.replace("launch", "previous"), "6:13", "id cannot be 'previous'", "choose another name"),
    Case(
        "two shots of an id",
        SECOND.replace("drift\n", "launch\n", 1),
        "8:13",
        "two shots have the id 'launch'",
        "line 6",
    ),
    Case(
        "two scenes of an id",
        SHOT + "  - id: river\n    shots: [{prompt: x}]\n",
        "8:9",
        "two scenes have the id 'river'",
    ),
    in_second("unknown shot", "continuity: {from: lunch}", 28, "there is no shot 'lunch'", "did you mean launch?"),
    in_second("misspelt previous", "continuity: {from: previus}", 28, "no shot 'previus'", "did you mean previous?"),
    in_second("misspelt previous, short", "continuity: prevous", 21, "no shot 'prevous'", "did you mean previous?"),
    in_shot("misspelt previous of the first", "continuity: previus", 21, "no shot 'previus'", "no other shot to name"),
    in_second("unknown full id", "continuity: {from: river.lauch}", 28, "no shot 'river.lauch'", "mean river.launch?"),
    in_shot("no other", "continuity: luanch", 21, "there is no shot 'luanch'", "no other shot to name"),
    in_second("nearest to itself", "continuity: drfit", 21, "there is no shot 'drfit'", "shots: launch"),
    in_second("nearest to itself in full", "continuity: river.drfit", 21, "no shot 'river.drfit'", "shots: launch"),
    in_second("itself", "continuity: {from: drift}", 28, "a shot cannot continue itself", "name another"),
    in_shot("previous of the first", "continuity: {from: previous}", 28, "there is no previous one", "scene.shot"),
    in_shot("previous, short", "continuity: previous", 21, "there is no previous one", "scene.shot"),
    in_second(
        "frames without overlap", "continuity: {from: launch, frames: 5}", 44, "frames is only for", "by: overlap"
    ),
    in_second("unknown way", "continuity: {by: last_fram}", 26, "unknown by 'last_fram'", "did you mean last_frame?"),
    in_second(
        "unknown transition", "transition: disolve", 21, "unknown transition 'disolve'", "did you mean dissolve?"
    ),
    in_second(
        "a cut that lasts", "transition: {kind: cut, duration: 1s}", 43, "a cut has no duration", "kind: dissolve"
    ),
    in_second("a dissolve of nothing", "transition: {kind: dissolve, duration: 0}", 48, "of 0 s is a cut", "kind: cut"),
    in_shot("into the film", "transition: dissolve", 21, "the film's first shot has nothing to come from", "remove it"),
    in_film(
        "voice at no shot", "soundtrack: {voiceover: [{file: assets/talk.wav, at: lunch + 1s}]}", 54, "no shot 'lunch'"
    ),
    in_film(
        "voice at no moment", "soundtrack: {voiceover: [{file: assets/talk.wav, at: soon!}]}", 54, "must be a moment"
    ),
    in_film("unknown look", "defaults: [look: nowhere]", 18, "there is no looks/nowhere.yaml", "known: none"),
    in_film("look that climbs", "defaults: [look: ../secret]", 18, "look must be the name of a file"),
    in_shot("unknown member", "look: {style: with <boot>}", 28, "<boot> is not in the cast", "add cast: {boot:"),
]
FILES = [
    in_shot("missing file", "image: assets/boot.png", 16, "there is no file assets/boot.png", "mean assets/boat.png?"),
    in_shot("missing folder", "image: pictures/kite.png", 16, "there is no file", "there is no folder pictures"),
    in_shot("other folder", "image: pictures/boat.png", 16, "there is no file", "did you mean assets/boat.png?"),
    in_shot("without its folder", "image: Boat.PNG", 16, "there is no file", "did you mean assets/boat.png?"),
    in_shot("a crossfade", "transition: crossfade", 21, "unknown transition 'crossfade'", "did you mean dissolve?"),
    in_shot("a wipe", "transition: {kind: wipe}", 28, "unknown kind 'wipe'", "did you mean wipe_left or wipe_right?"),
    in_shot("folder", "image: assets", 16, "assets is a folder"),
    in_shot("outside", "image: ../../etc/passwd", 16, "is outside the storyboard's folder", "assets.roots"),
    in_shot("absolute", "image: /etc/passwd", 16, "is outside the storyboard's folder", "assets.roots"),
    in_shot("address", "image: https://example.com/a.png", 16, "addresses are not allowed", "download the file"),
    in_shot("address of a file", "image: file:///etc/passwd", 16, "addresses are not allowed"),
    in_shot("ffmpeg's own addresses", "audio: 'concat:a|b'", 16, "addresses are not allowed"),
    in_shot("newline in a path", r'image: "a\nb.png"', 16, "a path cannot hold control characters"),
    in_shot("path of enormous length", f"image: {'a' * 5000}", 16, "cannot be used: File name too long"),
    in_shot("sound as picture", "image: assets/talk.wav", 16, "is a sound, not a picture"),
    in_shot("text as picture", "image: film.yaml", 16, "film.yaml is not a picture"),
    in_shot("no pictures", "control: {references: []}", 31, "references is empty", "or remove the key"),
    in_shot("picture as sound", "audio: assets/boat.png", 16, "is a picture, not a sound"),
]
TEMPLATES = [
    in_shot("loop", "caption: '{% for i in x %}{% endfor %}'", 19, "cannot hold a loop", "only {{ name }}"),
    in_shot("call", "caption: '{{ f() }}'", 19, "cannot hold a call"),
    in_shot("attribute", "caption: '{{ x.__class__ }}'", 19, "cannot hold reaching into an object"),
    in_shot("item", "caption: '{{ x[0] }}'", 19, "cannot hold reaching into an object"),
    in_shot("arithmetic", "caption: \"{{ 'a' * 10**8 }}\"", 19, "cannot hold arithmetic"),
    in_shot("condition", "caption: \"{{ 'a' if x }}\"", 19, "cannot hold a condition"),
    in_shot("set", "caption: '{% set x = 1 %}'", 19, "cannot hold an assignment"),
    in_shot("include", "caption: \"{% include '/etc/passwd' %}\"", 19, "cannot hold another file"),
    in_shot("filter of jinja", "caption: '{{ x | attr }}'", 26, "unknown filter 'attr'"),
    in_shot("misspelt filter", "caption: '{{ x | titel }}'", 26, "unknown filter 'titel'", "did you mean title?"),
    in_shot("filter that loops", "caption: '{{ x | map }}'", 26, "unknown filter 'map'"),
    in_shot("unknown variable", "caption: '{{ product }}'", 22, "unknown variable 'product'", "add it: variables:"),
    in_shot("unclosed", "caption: '{{ product'", 19, "the template cannot be read"),
    in_shot("deep", f"look: {{style: '{{{{ {'(' * 6000}x }}}}'}}", 24, "the template is nested too deeply"),
    in_shot("unquoted braces", "caption: {{ product }}", 18, "read as YAML maps, not as text", "needs quotes"),
    in_shot(
        "unquoted braces with text", "caption: {{ product }} here", 18, "read as YAML maps, not as text", "needs quotes"
    ),
]
SYNTAX = [
    in_text("colon in text", "caption: note: this", 22, "the YAML cannot be read", "needs quotes"),
    in_text("colon in braces", "look: {style: a dog: big}", 28, "cannot be read", 'text with ": " in it needs quotes'),
    in_text("colon in brackets", "loras: [a: b: c]", 21, "cannot be read", 'text with ": " in it needs quotes'),
    Case(
        "colon in braces of two lines",
        SHOT + "        look: {camera: still,\n          style: a dog: big}\n",
        "9:23",
        "cannot be read",
        'text with ": " in it needs quotes',
    ),
    Case(
        "braces without an end",
        SHOT + "        look: {style: a dog\n        seed: 1\n",
        "9:13",
        "cannot be read",
        "close what is opened on line 8",
    ),
    in_text("at", "caption: @home", 18, "the YAML cannot be read", "text that starts with @ needs quotes"),
    in_shot("star", "caption: *star", 18, "there is no anchor &star", "text that starts with * needs quotes"),
    in_text("tab", "\tcaption: x", 9, "the YAML cannot be read", "spaces, not tabs"),
    in_shot("tag", "caption: !!python/object:os.system x", 18, "YAML tags are not allowed: !!python", "remove it"),
    in_shot("own tag", "caption: !secret x", 18, "YAML tags are not allowed: !secret"),
    in_shot("merge key", "<<: {seed: 1}", 9, "merge keys (<<)", "shot_defaults"),
    in_shot("list as key", "? [a]\n        : b", 11, "a key must be text, not a list"),
    in_film("second document", "---\nstoryboard: 1", 1, "a second document starts here", "split it"),
    in_shot("deep nesting", "loras: " + "[" * 100 + "]" * 100, 35, "nested more than", "10"),
    Case("unclosed quote", SHOT.replace("a boat", "'a boat"), "7:17", "the YAML cannot be read", "not closed"),
    Case("a list", "- a\n- b\n", "1:1", "a storyboard is a map, not a list", "start with storyboard: 1"),
    Case("a word", "hello\n", "1:1", "a storyboard is a map, not text"),
    Case("a control character", SHOT.replace("a boat", "a \x07 boat"), "7:19", "control character", "remove it"),
    Case("a title that paints the terminal", SHOT.replace("A film", r'"\e[31mred"'), "2:8", "U+001B", "remove it"),
    in_film(
        "a control character of a variable", r'variables: {a: "x\u009b"}', 16, "control character U+009B", "remove it"
    ),
    in_shot(
        "a control character out of a template",
        r"""caption: "{{ 'a' | replace('a', '\\x1b') }}" """,
        42,
        "a template makes a control character",
        "remove it",
    ),
]


def test_a_file_of_nothing_but_mistakes_is_not_listed_to_the_end(desk: Desk) -> None:
    found = desk.check(SHOT + "      - promt: a kite\n" * 12_000)
    assert len(found) == 10_001
    assert found[-1].message == "2,000 more mistakes are not listed"


def test_a_misspelt_key_that_is_needed_is_one_mistake(desk: Desk) -> None:
    assert desk.the_problem(SHOT + "      - promt: a kite\n").fix == "did you mean prompt?"
    assert desk.the_problem(SHOT + "      - text: a kite\n").fix == "did you mean prompt or caption?"


@pytest.mark.parametrize(
    "case", [*KEYS, *VALUES, *NAMES, *FILES, *TEMPLATES, *SYNTAX], ids=lambda case: case.name.replace(" ", "-")
)
def test_a_mistake_is_named_with_its_place_and_the_fix(desk: Desk, case: Case) -> None:
    found = desk.check(case.text)
    same_line = [
        problem for problem in found if problem.place and f"{problem.place.line}:{problem.place.column}" == case.at
    ]
    assert same_line, f"nothing at {case.at}:\n" + "\n".join(map(str, found))
    assert len(found) == 1, "\n".join(map(str, found))
    problem = found[0]
    assert problem.place
    assert problem.place.file == str(desk.path)
    assert case.message in problem.message
    assert case.fix in (problem.fix or "")
    if case.shot:
        assert problem.shot == case.shot
    line = case.text.splitlines()[problem.place.line - 1] if problem.place.line <= case.text.count("\n") else ""
    assert (problem.source or "") == line.translate({7: " ", 9: " "}).rstrip()


def test_every_problem_of_a_file_is_reported_at_once_in_the_order_of_its_lines(desk: Desk) -> None:
    found = desk.check(SECOND + "        sead: 1\n        takes: -1\n        image: nothing.png\nextra: 1\n")
    assert [(problem.place.line, problem.shot) for problem in found if problem.place] == [
        (10, "river.drift"),
        (11, "river.drift"),
        (12, "river.drift"),
        (13, None),
    ]


def test_a_problem_prints_its_line_with_a_caret(desk: Desk) -> None:
    problem = desk.the_problem(SHOT + "        seed: x\n")
    assert str(problem).splitlines()[1:3] == ["            seed: x", "                  ^"]
    assert str(problem).startswith(f"{desk.path}:8:15: shot river.launch: seed must be")


def test_ten_thousand_mistakes_are_reported_quickly(desk: Desk) -> None:
    shots = "".join(f"      - {{prompt: x, continuity: sho{n}, sedd: 1, image: a{n}.png}}\n" for n in range(3000))
    found = desk.check("storyboard: 1\ntitle: x\nscenes:\n  - shots:\n" + shots)
    assert len(found) == 9000
