"""From a table to planned films, and everything that is wrong with it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.batch.asked import Asked, matrix_of
from flows.batch.plan import BatchPlan, plan_batch
from flows.errors import StoryboardError, TableError, UserError
from tests.flows.batch.batches import PICTURED, STORYBOARD, asked, picture, table


def planned(asked: Asked) -> BatchPlan:
    return plan_batch(asked, weights=False)


def refused(asked: Asked) -> str:
    with pytest.raises(TableError) as error:
        planned(asked)
    return str(error.value)


def test_a_film_a_row_and_what_they_share(tmp_path: Path) -> None:
    plan = planned(asked(tmp_path, table(["product"], ["red boat"], ["blue kite"])))
    assert [each.name for each in plan.films] == ["red-boat", "blue-kite"]
    assert [each.plan.title for each in plan.films] == ["red boat", "blue kite"]
    assert plan.folder == tmp_path / "outputs" / "film-rows"
    totals = plan.totals
    assert (totals.films, totals.clips, totals.shared, totals.distinct, totals.cached) == (2, 4, 1, 3, 0)


def test_a_matrix_multiplies_rows(tmp_path: Path) -> None:
    story = STORYBOARD + 'deliver: [{name: main, aspect: "{{ aspect }}"}]\n'
    matrix = matrix_of(["locale=en,de", "aspect=16:9,9:16"])
    plan = planned(asked(tmp_path, table(["product"], ["boat"]), story, matrix=matrix))
    assert [each.name for each in plan.films] == ["boat-en-16-9", "boat-en-9-16", "boat-de-16-9", "boat-de-9-16"]
    assert plan.films[1].plan.storyboard.deliver[0].aspect == (9, 16)
    assert plan.films[3].film.variables == {"product": "boat", "locale": "de", "aspect": "9:16"}
    assert plan.totals.distinct == 2, "other shapes are cut from the same clips"


def test_what_a_name_does_not_say_of_the_matrix_is_said_behind_it(tmp_path: Path) -> None:
    batch = asked(
        tmp_path, table(["product"], ["boat"]), name="{{ locale }}/{{ product }}", matrix={"locale": ("en", "de")}
    )
    assert [each.name for each in planned(batch).films] == ["en-boat", "de-boat"]
    batch = asked(tmp_path, table(["product"], ["boat"]), name="spot {{ product }}", matrix={"locale": ("en", "de")})
    assert [each.name for each in planned(batch).films] == ["spot-boat-en", "spot-boat-de"]


@pytest.mark.parametrize("text", ["locale", "locale=", "locale=en,,de", "=a", "locale=en,en"])
def test_a_matrix_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="--matrix"):
        matrix_of([text])
    assert matrix_of(['a="x, y",z']) == {"a": ("x, y", "z")}


def test_pictures_lie_beside_the_table(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    inside = picture(tmp_path / "tables" / "red.png")
    plan = planned(asked(tmp_path, table(["product", "picture"], ["boat", "red.png"]), PICTURED))
    assert plan.films[0].plan.storyboard.shots[1].image == inside


def test_everything_that_is_wrong_with_rows_is_said_at_once(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "tables" / "red.png")
    (tmp_path / "tables" / "text.png").write_text("not a picture")
    rows = table(
        ["product", "picture"],
        ["boat", "red.png"],
        ["kite", "blue.png"],
        ["kite 2", "../../outside.png"],
        ["kite 3", ""],
        ["boat", "red.png"],
        ["Boat!", "red.png"],
        ["kite 4", "text.png"],
        ["kite 5", "https://cdn.example.com/a.png"],
    )
    said = refused(asked(tmp_path, rows, PICTURED))
    for words in (
        "row 3: column 'picture': there is no file blue.png",
        "row 4: column 'picture': ../../outside.png is outside",
        "row 5: column 'picture': the cell is empty, and",
        "row 6: the row says the same as row 2",
        "row 7: the film would be called 'boat', as that of row 2",
        "row 8: column 'picture': text.png is not a picture",
        "row 9: column 'picture': files are not fetched from cdn.example.com",
        "assets.hosts=[cdn.example.com]",
    ):
        assert words in said, said
    assert not (tmp_path / "outputs").exists()


def test_rows_that_are_wrong_may_be_left_out(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "tables" / "red.png")
    rows = table(["product", "picture"], ["boat", "red.png"], ["kite", "blue.png"])
    plan = planned(asked(tmp_path, rows, PICTURED, skip_bad=True))
    assert [each.film.row for each in plan.films] == [2]
    assert [fault.row for fault in plan.bad] == [3]
    assert "row 2" in refused(
        asked(tmp_path, table(["product", "picture"], ["kite", "no.png"]), PICTURED, skip_bad=True)
    )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (["prodct"], "did you mean product?"),
        (["prodct"], "the table has no column 'product'"),
        (["product", "notes"], "--ignore 'notes'"),
        (["product", "locale"], "'locale' is a column and in --matrix"),
    ],
)
def test_columns_that_lack_or_that_nobody_knows(tmp_path: Path, columns: list[str], said: str) -> None:
    rows = table(columns, [f"x{number}" for number in range(len(columns))])
    assert said in refused(asked(tmp_path, rows, matrix={"locale": ("en",)}))


def test_columns_that_no_film_needs_are_named_or_ignored(tmp_path: Path) -> None:
    rows = table(["product", "sku"], ["boat", "A-1"], ["boat", "A-2"])
    assert "would be called 'boat'" not in refused(asked(tmp_path, rows))
    plan = planned(asked(tmp_path, rows, name="{{ sku }}"))
    assert [each.name for each in plan.films] == ["a-1", "a-2"]
    assert plan.totals.shared == 2
    assert "says the same" in refused(asked(tmp_path, rows, ignored=("sku",)))
    assert "did you mean sku?" in refused(asked(tmp_path, rows, ignored=("sk",), name="{{ sku }}"))


def test_a_variable_that_a_text_needs_must_be_a_column(tmp_path: Path) -> None:
    story = STORYBOARD.replace('{{ product }}", seed', '{{ product }} for {{ price }}", seed')
    said = refused(asked(tmp_path, table(["product"], ["boat"], ["kite"]), story))
    assert said.count("the table has no column 'price'") == 1
    optional = story.replace("{{ price }}", "{{ price | default('little') }}")
    plan = planned(asked(tmp_path, table(["product", "price"], ["boat", "1"], ["kite", ""]), optional))
    assert [each.plan.shots[1].prompt for each in plan.films] == ["boat for 1", "kite for little"]


def test_a_column_may_be_an_override(tmp_path: Path) -> None:
    rows = table(["product", "storyboard.shots.own.seed"], ["boat", "5"], ["kite", "6"])
    assert [each.plan.shots[1].takes[0].seed for each in planned(asked(tmp_path, rows)).films] == [5, 6]
    said = refused(asked(tmp_path, rows.replace("own.seed", "own.sed")))
    assert "unknown key 'sed' in a shot" in said
    assert "row 3: column 'storyboard.shots.own.seed': seed must be" in refused(asked(tmp_path, rows.replace("6", "x")))


def test_a_fault_of_the_storyboard_is_said_once_with_its_place(tmp_path: Path) -> None:
    story = STORYBOARD.replace("a yellow star moves up", "<star> moves up")
    said = refused(asked(tmp_path, table(["product"], ["boat"], ["kite"]), story))
    assert said.count("<star> is not in the cast") == 1
    assert said.startswith(f"{tmp_path}/film.yaml:10:31: ")
    with pytest.raises(StoryboardError, match=r"film\.yaml:1:1"):
        planned(asked(tmp_path, table(["product"], ["boat"]), "- 1\n"))


def test_too_many_films_are_refused(tmp_path: Path) -> None:
    rows = table(["product"], *([f"boat {number}"] for number in range(4)))
    assert "make 8 films; at most 5" in refused(asked(tmp_path, rows, matrix={"locale": ("en", "de")}, most=5))


def test_names_are_safe_whatever_the_table_says(tmp_path: Path) -> None:
    plan = planned(asked(tmp_path, table(["product"], ["../../etc"], ["風"], ["CON" * 40])))
    assert plan.films[0].name == "etc"
    assert all(each.plan.storyboard.slug.replace("-", "").isalnum() for each in plan.films)
    with pytest.raises(UserError, match="--as a-b"):
        planned(asked(tmp_path, table(["product"], ["boat"]), called="../a b"))
