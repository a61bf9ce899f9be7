"""A batch of one machine that is made on another: everything that its rows name goes along, and nothing else does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from flows.batch import columns as columns_module
from flows.batch.asked import Asked
from flows.batch.make import BatchResult
from flows.batch.manifest import Entry, Manifest, write_json
from flows.batch.plan import BatchPlan, plan_batch
from flows.batch.sending import asked_here, check_batch_here, check_place, pack_batch, publish_batch
from flows.errors import TableError, UserError
from flows.film.folder import owner_of
from flows.store import Store
from flows.store.memory import MemoryBackend
from flows.submission import film_files, write_film
from tests.flows.batch.batches import PICTURED, STORYBOARD, asked, picture, table


def pictured(folder: Path, *pictures: str, **values: object) -> Asked:
    rows = ([f"boat {number}", name] for number, name in enumerate(pictures))
    return asked(folder, table(["product", "picture"], *rows), PICTURED, **values)


def sent(wanted: Asked, store: Store, elsewhere: Path) -> BatchPlan:
    """Its plan on another machine, where nothing of ours is."""
    checked = check_batch_here(wanted)
    packed = pack_batch(checked, store)
    there = Asked(storyboard="", table=Path("rows.csv"), overrides=wanted.overrides, matrix=wanted.matrix)
    return plan_batch(asked_here(store, packed.digest, packed.place(wanted.table), there, elsewhere), weights=False)


def fingerprints(plan: BatchPlan) -> dict[str, list[str]]:
    return {film.name: [clip.fingerprint for clip in film.plan.clips] for film in plan.films}


def test_what_is_unpacked_elsewhere_is_the_same_batch(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    picture(here / "tables" / "a.png")
    picture(here / "tables" / "more" / "b.png", (9, 9, 9))
    picture(here / "tables" / "unused.png")
    (here / "a.png").write_bytes((here / "tables" / "a.png").read_bytes())
    wanted = pictured(here, "a.png", "more/b.png", matrix={"locale": ("en", "de")})
    store = Store(MemoryBackend())
    ours = plan_batch(wanted, weights=False)
    packed = pack_batch(check_batch_here(wanted), store)
    assert packed.place(wanted.table) == "tables/rows.csv"
    assert {name for name in packed.manifest.files if "unused" in name} == set()
    theirs = sent(wanted, store, tmp_path / "there")
    assert fingerprints(theirs) == fingerprints(ours)
    assert (theirs.called, theirs.owner) == (ours.called, ours.owner), "the same folder of the same person"
    assert theirs.films[0].plan.storyboard.identity == packed.manifest.sent_from


def test_the_same_batch_is_the_same_submission_and_a_changed_cell_another(tmp_path: Path) -> None:
    store = Store(MemoryBackend())
    wanted = asked(tmp_path, table(["product"], ["boat"], ["kite"]))
    first, second = (pack_batch(check_batch_here(wanted), store) for _ in range(2))
    assert first == second
    changed = asked(tmp_path, table(["product"], ["boat"], ["star"]))
    assert pack_batch(check_batch_here(changed), store).digest != first.digest


def test_a_whole_path_and_what_no_variant_can_use_are_said_in_their_rows(tmp_path: Path) -> None:
    whole = picture(tmp_path / "tables" / "a.png")
    picture(tmp_path / "a.png")
    wanted = pictured(tmp_path, "a.png", str(whole), str(whole))
    with pytest.raises(TableError) as caught:
        check_batch_here(wanted)
    told = "\n".join(caught.value.told)
    assert "leads nowhere on another machine" in told
    assert "3-4" in told, "every row that has it"
    assert "write it as a.png" in told
    good = check_batch_here(pictured(tmp_path, "a.png", str(whole), skip_bad=True))
    assert [film.row for film in good.films] == [2]
    assert "rows 3 are wrong" in good.remarks[0]
    long = STORYBOARD.replace("seed: 3}", "seed: 3, image: '{{ product }}'}")
    with pytest.raises(TableError, match="there is no file boat"):
        check_batch_here(asked(tmp_path, table(["product"], ["boat"]), long))


def test_what_was_fetched_goes_along_and_nothing_is_fetched_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://cdn.example.com/boat.png"
    cached = picture(tmp_path / "cache" / "file-boat.png")
    picture(tmp_path / "a.png")

    def fetch(columns: columns_module.Columns, hosts: object) -> list[object]:
        columns.fetched[address] = cached
        return []

    with monkeypatch.context() as patched:
        patched.setattr("flows.batch.plan.fetch_files", fetch)
        wanted = pictured(tmp_path, address, overrides=["assets.hosts=[cdn.example.com]"])
        store = Store(MemoryBackend())
        packed = pack_batch(check_batch_here(wanted), store)
        ours = fingerprints(plan_batch(wanted, weights=False))
    assert packed.manifest.fetched.keys() == {address}
    assert not any("cache" in name for name in packed.manifest.files)
    there = Asked(storyboard="", table=Path(), overrides=wanted.overrides)
    theirs = plan_batch(asked_here(store, packed.digest, "tables/rows.csv", there, tmp_path / "there"), weights=False)
    assert fingerprints(theirs) == ours
    # a row whose address could not be fetched when it was sent is not fetched later
    wrong = pictured(tmp_path, address, "https://cdn.example.com/gone.png", skip_bad=True)
    with monkeypatch.context() as patched:
        patched.setattr(
            "flows.batch.plan.fetch_files", lambda columns, hosts: columns.fetched.update({address: cached}) or []
        )
        packed = pack_batch(check_batch_here(wrong), store)
    there = Asked(storyboard="", table=Path(), overrides=wanted.overrides, skip_bad=True)
    late = plan_batch(asked_here(store, packed.digest, "tables/rows.csv", there, tmp_path / "late"), weights=False)
    assert [film.film.row for film in late.films] == [2]
    assert "could not be fetched when the table was sent" in late.bad[0].message


def test_a_table_that_was_not_sent_is_named(tmp_path: Path) -> None:
    store = Store(MemoryBackend())
    packed = pack_batch(check_batch_here(asked(tmp_path, table(["product"], ["boat"]))), store)
    with pytest.raises(UserError, match=r"the table other\.csv was not sent"):
        asked_here(store, packed.digest, "other.csv", Asked(storyboard="", table=Path()), tmp_path / "there")


def test_films_that_are_there_come_back_with_manifest_and_page(tmp_path: Path) -> None:
    wanted = asked(tmp_path, table(["product"], ["boat"], ["kite"]))
    store = Store(MemoryBackend())
    plan = sent(wanted, store, tmp_path / "there")
    names = ["index.html", "manifest.json", "manifest.parquet", "boat/film.mp4", "boat/poster.jpg"]
    for name in names:
        (plan.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (plan.folder / name).write_text(name)
    entries = (
        Entry(name="boat", row=2, state="made", film="boat/film.mp4", poster="boat/poster.jpg", reused=1),
        Entry(name="kite", row=3, state="failed", film=None),
    )
    pages = {key: plan.folder / name for key, name in zip(("gallery", "manifest", "parquet"), names, strict=False)}
    result = BatchResult(folder=plan.folder, entries=entries, rendered=1, seconds=2.0, **pages)
    made = publish_batch(store, "run", plan, result)
    assert film_files(store, "run") == made
    assert [file.path for file in made.files] == names
    assert owner_of(made.sent_from) == f"{tmp_path}/film.yaml with {tmp_path}/tables/rows.csv"
    check_place(made, tmp_path / "mine")
    written = write_film(store, made, tmp_path / "mine")
    assert [os.path.relpath(path, tmp_path / "mine" / plan.called) for path in written] == names
    folder = tmp_path / "mine" / plan.called
    write_json(Manifest(batch=plan.called, storyboard=plan.whose[0], table=plan.whose[1], films=[]), folder)
    check_place(made, tmp_path / "mine")
    write_json(Manifest(batch=plan.called, storyboard="/other.yaml", table="/rows.csv", films=[]), folder)
    with pytest.raises(UserError, match=r"is a batch of /other\.yaml with /rows\.csv, and would be overwritten"):
        check_place(made, tmp_path / "mine")


def test_a_picture_that_is_none_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.png").write_text("no picture")
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    with pytest.raises(TableError, match="is not a picture"):
        check_batch_here(pictured(tmp_path, "a.png"))
