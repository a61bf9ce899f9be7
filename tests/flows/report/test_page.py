"""The report: one file with everything in it, true to the takes, and nothing a prompt can break."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.clips import ClipLora, HandOff, Medium
from flows.edit import make_timeline
from flows.edit.timeline import Voice
from flows.errors import BlobMissing
from flows.media import png_bytes, write_clip
from flows.report import write_report
from flows.store.prepared import put_prepared
from flows.storyboard.model import Cue, Deliverable, Music, Size, Transition, Voiceover
from tests.flows.edit.films import ShotSpec, a_film, fingerprint_of
from tests.flows.made import changed
from tests.flows.media.test_sound import tone

SHOTS = [
    ShotSpec("river.launch", ((17, 0, 12),), scores=(0.2, 0.9)),
    ShotSpec("river.drift", ((17, 1, 16),), Transition("dissolve", 0.25), caption="Adrift & <alone>"),
    ShotSpec("dusk.long", ((17, 0, 17), (9, 1, 8)), prompt="<script>alert(1)</script> & {{ 7 * 7 }}"),
]


def paint(shot: str, take: int, frames: int) -> np.ndarray:
    """A grey that brightens by 4 a frame."""
    start = {"river.launch": 10, "river.drift": 70, "dusk.long": 120}[shot]
    return np.stack([np.full((24, 32, 3), start + 4 * k + take, np.uint8) for k in range(frames)])


class Page(HTMLParser):
    """Collects what the page loads and which tags it opens and closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "poster", "srcset", "data")]
        self.sources += [value or "" for name, value in attrs if name == "href" and not (value or "").startswith("#")]
        if tag not in ("meta", "img", "link", "br", "track"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def report(tmp_path: Path, shots: list[ShotSpec] | None = None, **rest: object) -> str:
    plan, takes, store = a_film(tmp_path, shots or SHOTS, paint, **rest)  # type: ignore[arg-type]
    output = write_report(plan, takes, make_timeline(plan, takes, store), store, tmp_path / "report.html")
    assert [path.name for path in tmp_path.glob(".report*")] == []
    return output.read_text(encoding="utf-8")


def test_the_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    page = Page(report(tmp_path))
    assert page.open == []
    assert len(page.sources) >= 15
    assert all(source.startswith("data:image/") for source in page.sources)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)


def test_the_film_beside_it_is_played(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"film")
    page = Page(report(tmp_path))
    assert "film.mp4" in page.sources
    (captions,) = (source for source in page.sources if source.startswith("data:text/vtt"))
    assert "Adrift &amp; &lt;alone&gt;" in base64.b64decode(captions.partition("base64,")[2]).decode()
    assert "track" not in Page(report(tmp_path, SHOTS[:1])).tags


def test_files_of_deliver_beside_it_are_linked(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint)
    timeline = replace(
        make_timeline(plan, takes, store), deliver=(Deliverable("phone", size=Size(18, 32)), Deliverable("small"))
    )
    (tmp_path / "phone.mp4").write_bytes(b"film")
    text = write_report(plan, takes, timeline, store, tmp_path / "report.html").read_text()
    assert '<a href="phone.mp4">phone.mp4</a> (18 × 32, 24 frames a second)' in text
    assert "small.mp4" not in text
    assert "Delivered" not in report(tmp_path, SHOTS[:1])


def test_player_and_pictures_have_the_films_aspect(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint)
    plan = replace(plan, width=16, height=9)
    text = write_report(plan, takes, make_timeline(plan, takes, store), store, tmp_path / "r.html").read_text()
    assert '<body style="--aspect: 1.77778">' in text
    for pictures in (".film video", ".sheet img, .strip img, .pair img, .take img"):
        assert f"{pictures} {{ aspect-ratio: var(--aspect); object-fit: cover;" in text


def test_words_of_the_storyboard_stay_words(tmp_path: Path) -> None:
    text = report(tmp_path, title="<b>Boat</b>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7 * 7 }}" in text
    assert "<h1>&lt;b&gt;Boat&lt;/b&gt;</h1>" in text
    assert "Adrift &amp; &lt;alone&gt;" in text


def test_an_extended_prompt_is_shown_with_the_one_it_was_made_of(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint)
    (shot,) = plan.shots
    plan = replace(plan, shots=(replace(shot, original_prompt="a <boat>"),))
    text = write_report(plan, takes, make_timeline(plan, takes, store), store, tmp_path / "r.html").read_text()
    assert f'<p class="prompt">{shot.prompt}</p>' in text
    assert "Extended from: a &lt;boat&gt;" in text
    assert "Extended from" not in report(tmp_path, SHOTS[:1])


def test_what_a_shot_was_made_from_is_shown(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint)
    (shot,) = plan.shots
    sound = tone(tmp_path / "talk.wav", 0.4, 16_000)
    digest = store.put_file(sound)
    (tmp_path / "face.png").write_bytes(png_bytes(np.full((40, 60, 3), 90, np.uint8)))
    pose = write_clip(np.full((5, 24, 32, 3), 7, np.uint8), 16.0, tmp_path / "pose.mkv")
    put_prepared(store, "e" * 64, {"pose": store.put_file(pose), "face": store.put_file(pose)})
    given: dict[str, Any] = {
        "image": "c" * 64,
        "media": (Medium("audio", digest), Medium("references", "d" * 64), Medium("prepared", "e" * 64)),
        "loras": (ClipLora("b" * 64, 0.5, "high"),),
        "strength": 0.6,
    }
    driven = tuple(replace(take, clips=tuple(changed(clip, **given) for clip in take.clips)) for take in shot.takes)
    plan = replace(
        plan,
        shots=(replace(shot, takes=driven),),
        assets={digest: str(sound), "c" * 64: str(tmp_path / "face.png"), "d" * 64: "/gone/fox.png"},
    )
    text = write_report(plan, takes, make_timeline(plan, takes, store), store, tmp_path / "r.html").read_text()
    assert "<dt>Sound</dt><dd>talk.wav</dd>" in text
    (wave,) = re.findall(r'<path d="([^"]+)"', text)
    heights = [float(height) for height in re.findall(r"v([\d.]+)", wave)]
    # the shot is longer than its sound: half a second of frames, 0.4 s of a tone
    assert len(heights) == 240
    assert max(heights) == 2
    assert heights[-20:] == [0] * 20
    assert f"<dt>LoRAs</dt><dd>{'b' * 12} × 0.5 (high noise)</dd>" in text
    assert "<dt>Strength</dt><dd>0.6</dd>" in text
    shown = re.findall(r'<figure>(<img[^>]+>)?<figcaption>([^<]+)<br><span class="soft">([^<]+)', text)
    assert [(bool(picture), what, file) for picture, what, file in shown] == [
        (True, "Picture", "face.png"),
        (False, "Reference", "fox.png"),
        (True, "Face", "prepared"),
        (True, "Pose", "prepared"),
    ]


def test_it_says_what_was_rendered_and_how(tmp_path: Path) -> None:
    text = re.sub(r"<[^>]+>", " ", report(tmp_path))
    text = re.sub(r"\s+", " ", text)
    assert "3 shots, 2.0 s, 32 × 24, 24 frames a second" in text
    assert "Take 2, seed 8 In the film, best score , quality 0.900" in text
    assert "Take 1, seed 7 quality 0.200" in text
    assert "the tiny family does not know: &#39;unicorn&#39;" in text
    assert "26 frames in 2 clips" in text
    assert "denoise 9.5 s" in text
    assert fingerprint_of("river.launch", 1) in text
    assert "d1" * 32 in text
    assert "ffmpeg" in text


def test_joins_that_go_on_are_judged_and_others_only_measured(tmp_path: Path) -> None:
    text = report(tmp_path)
    inside, between = text.index("dusk.long, clips 1 and 2"), text.index("river.launch → river.drift")
    assert inside < between, "what is judged comes first"
    assert text.count("a new picture") == 2
    assert text.count('<ul class="measures">') == 1, "of the two clips of one shot"
    course = re.search(r'<path d="(M[\d. LM]+)"/>', text)
    assert course, "how bright the film is over its time"
    for line in course[1].split("M")[1:]:
        across = [float(point.split()[0]) for point in line.split("L")]
        assert across == sorted(across), "shots overlap, and each goes forwards"


def test_a_shot_that_continues_another_with_a_jump_is_marked(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:2], paint)
    first, second = plan.shots
    clip = second.takes[0].clips[0]
    hand_off = replace(
        second.takes[0],
        clips=(changed(clip, hand_off=HandOff(((first.takes[0].fingerprint,),))),),
    )
    plan = replace(plan, shots=(first, replace(second, takes=(hand_off,))))
    text = write_report(plan, takes, make_timeline(plan, takes, store), store, tmp_path / "r.html").read_text()
    assert "continues, but not smoothly" in text
    assert re.search(r'class="visible">brightness jumps by [\d.]+% of the light', text)


def test_a_shot_that_only_looks_like_another_is_a_new_picture_and_shows_what_it_was_shown(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:2], paint)
    first, second = plan.shots
    looks = HandOff(((first.takes[0].fingerprint,),), "reference")
    take = replace(second.takes[0], clips=(changed(second.takes[0].clips[0], hand_off=looks),))
    plan = replace(plan, shots=(first, replace(second, takes=(take,), depends_on=(first.id,))))
    text = write_report(plan, takes, make_timeline(plan, takes, store), store, tmp_path / "r.html").read_text()
    assert "a new picture" in text
    assert "<dt>Looks like</dt>" in text
    assert re.search(r'<img[^>]*alt="Reference" src="data:image', text)


def test_when_a_take_was_rendered_and_a_transition_are_said_as_people_say_them(tmp_path: Path) -> None:
    plan, takes, store = a_film(
        tmp_path, [SHOTS[0], replace(SHOTS[1], transition=Transition("fade_black", 0.25))], paint
    )
    takes = {
        name: replace(record, created="2026-11-30T09:04:59+00:00", peak_memory_bytes=700_000_000)
        for name, record in takes.items()
    }
    text = write_report(plan, takes, make_timeline(plan, takes, store), store, tmp_path / "r.html").read_text()
    assert "2026-11-30 09:04:59 UTC, at most 700 MB of memory" in text
    assert "fade black of 6 frames into it" in text
    assert "fade_black" not in text


def test_the_sound_of_a_shot_has_its_files_name_and_its_length(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint)
    plan = replace(plan, assets={"a" * 64: "/films/talk.wav"})
    timeline = make_timeline(plan, takes, store)
    whole = float(timeline.seconds)
    spoken = replace(timeline, voices=(Voice(Path("/store") / ("a" * 64), 0.0, seconds=whole / 2),))
    text = write_report(plan, takes, spoken, store, tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'style="left:0.0%;width:50.0%">talk.wav, 0:00.0<' in text
    assert "1 shot, " in text


def test_soundtrack_is_shown(tmp_path: Path) -> None:
    voices = (Voiceover(Path("/x/vo.wav"), Cue("river.drift", 0.5)),)
    text = report(tmp_path, music=Music(Path("/x/bed.m4a"), -12.0, 1.0, 2.0, True), voices=voices)
    assert "bed.m4a, -12 dB, lower under voices" in text
    assert "vo.wav, 0:00.8" in text
    assert "/x/" not in text
    assert "no soundtrack" in report(tmp_path)


def test_long_films_show_less_of_each_shot(tmp_path: Path) -> None:
    shots = [ShotSpec(f"dusk.long{k}", ((3, 0, 3),)) for k in range(301)]
    plan, takes, store = a_film(tmp_path, shots, lambda *_: np.zeros((3, 24, 32, 3), np.uint8))
    text = write_report(plan, takes, make_timeline(plan, takes, store), store, tmp_path / "r.html").read_text()
    assert text.count("data:image/") == 2 * 301
    assert len(text) < 3_000_000


def test_a_missing_blob_is_an_error_and_leaves_no_report(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint)
    timeline = make_timeline(plan, takes, store)
    broken = {name: replace(record, thumbnail="0" * 64) for name, record in takes.items()}
    with pytest.raises(BlobMissing):
        write_report(plan, broken, timeline, store, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
