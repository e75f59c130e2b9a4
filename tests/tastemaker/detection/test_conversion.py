"""What is written, what is dropped, and that an import reads it."""

from pathlib import Path

import pytest

from tastemaker.detection.conversion import Conversion, Prepared
from tastemaker.detection.detecting import Files, detect
from tastemaker.detection.mapping import Overrides
from tastemaker.detection.report import supported
from tastemaker.detection.writing import schema_of
from tastemaker.importing.importer import Importer
from tastemaker.importing.storage import Folder
from tastemaker.schemas import parse
from tests.tastemaker.detection.shapes import SHAPES, facts

NOW = 1_790_000_000.0
FACTS = list(facts())


def prepared(path: Path, folder: Path, **overrides: object) -> Prepared:
    found = detect(Files([path]), Overrides(**overrides))  # type: ignore[arg-type]
    return Conversion(folder, now=NOW).run(found.interactions, found.keyed)


def of(tmp_path: Path, text: str, **overrides: object) -> Prepared:
    path = tmp_path / "data.csv"
    path.write_text(text, newline="")
    return prepared(path, tmp_path / "out", **overrides)


def imported(found: Prepared, root: Path) -> dict[str, int]:
    """Rows of each dataset, as an import with the schemas counts them."""
    rows = {}
    for dataset_type, path in found.files.items():
        schema = parse(schema_of(dataset_type, found.fields[dataset_type]))
        bucket = root / "bucket" / dataset_type
        bucket.mkdir(parents=True)
        (bucket / "data.csv").write_bytes(path.read_bytes())
        source = Folder(root)
        job = Importer(source, source, schema.fields, f"imports/{dataset_type}", log=lambda _: None, now=NOW)
        rows[dataset_type] = job.run(f"s3://bucket/{dataset_type}/")["rows"]
    return rows


@pytest.mark.parametrize("name", SHAPES)
def test_every_row_of_an_export_is_imported(name: str, tmp_path: Path) -> None:
    found = prepared(SHAPES[name](tmp_path, FACTS), tmp_path / "out")
    report = found.report
    assert (report.kept, len(report.users), len(report.items)) == (240, 40, len({f.item for f in FACTS}))
    assert not report.dropped
    times = [int(fact.at.timestamp()) for fact in FACTS]
    if name not in ("Shopify orders", "WooCommerce orders"):  # orders have the time of their first line
        assert (report.first, report.last) == (times[0], times[-1])
    rows = imported(found, tmp_path / "lake")
    assert rows["INTERACTIONS"] == 240
    if name != "RetailRocket":
        assert rows["ITEMS"] == len(report.items) or name == "MovieLens"
        assert len(found.names) >= len(report.items)


def test_rows_that_cannot_be_used_are_counted_with_their_lines(tmp_path: Path) -> None:
    lines = ["user,item,ts,note", *(f"u{n % 9},i{n % 7},{1_700_000_000 + n},x" for n in range(100))]
    lines[5] = "u1,,1700000000,x"
    lines[7] = '"",i1,1700000000,"two\nlines"'
    lines[9] = "u1,i1,yesterday,x"
    lines[11] = "u1,i1,5,x"
    lines[13] = f"u1,{'i' * 300},1700000000,x"
    report = of(tmp_path, "\n".join(lines)).report
    dropped = {one.reason: (one.rows, one.examples[0].split(":")[0]) for one in report.dropped.values()}
    assert report.kept == 95 and report.rows == 100
    assert dropped == {
        "the item is missing": (1, "line 6"),
        "the user is missing": (1, "line 8"),
        "the time is in another format": (1, "line 11"),
        "the time is before March 1973": (1, "line 13"),
        "the ID of the item has more than 256 characters": (1, "line 15"),
    }


def test_rows_with_another_number_of_cells_are_left_out_and_shown(tmp_path: Path) -> None:
    lines = ["user,item,ts", *(f"u{n % 9},i{n % 7},{1_700_000_000 + n}" for n in range(50)), "u1,i1"]
    report = of(tmp_path, "\n".join(lines) + "\n").report
    (dropped,) = report.dropped.values()
    assert dropped.rows == 1 and dropped.examples == ["2 cells instead of 3: u1,i1"] and report.kept == 50


def test_ids_keep_leading_zeros_and_lose_the_decimals_of_pandas(tmp_path: Path) -> None:
    lines = ["user,item,ts", *(f"0{n % 9},{n % 7}.0,{1_700_000_000 + n}" for n in range(50))]
    report = of(tmp_path, "\n".join(lines)).report
    assert min(report.users) == "00" and set(report.items) == {str(n) for n in range(7)}


def test_date_is_read_in_the_way_that_fits_all_rows(tmp_path: Path) -> None:
    """The sample has days up to 12 only; a later row proves that the month comes first."""
    lines = ["user,item,date"]
    lines += [f"u{n % 9},i{n % 7},{1 + n % 3:02}/{1 + n % 12:02}/2024" for n in range(50_000)]
    lines += [f"u{n % 9},i{n % 7},02/{13 + n % 16:02}/2024" for n in range(2_000)]
    report = of(tmp_path, "\n".join(lines)).report
    assert report.kept == 52_000


def test_returned_goods_are_no_interest(tmp_path: Path) -> None:
    lines = ["customer,sku,order_date,quantity"]
    lines += [f"u{n % 9},i{n % 7},2024-01-{1 + n % 28:02},{-1 if n % 10 == 0 else 2}" for n in range(50)]
    report = of(tmp_path, "\n".join(lines)).report
    assert report.kept == 45 and "returned goods" in next(iter(report.dropped))


def test_texts_with_quotes_backslashes_and_line_breaks_survive_the_import(tmp_path: Path) -> None:
    names = ['Say "hi"', "C:\\temp\\", "two\nlines", "a, b", " x ", "ends with \\"]
    lines = ["user,item,ts,item_name"]
    for n in range(120):
        name = names[n % 6].replace('"', '""')
        lines.append(f'u{n % 9},i{n % 6},{1_700_000_000 + n},"{name}"')
    found = of(tmp_path, "\n".join(lines))
    assert found.names == {f"i{n}": name.strip() for n, name in enumerate(names)}
    assert imported(found, tmp_path / "lake") == {"INTERACTIONS": 120, "ITEMS": 6}


def test_recipes_that_the_data_do_not_support_have_a_reason(tmp_path: Path) -> None:
    lines = ["user,item", *(f"u{n % 30},i{n % 7}" for n in range(1_200))]
    few = of(tmp_path, "\n".join(lines[:500])).report
    assert all("1,000 interactions are needed, and there are 499" in one.reason for one in supported(few))
    enough = {one.recipe: one.reason for one in supported(of(tmp_path, "\n".join(lines)).report)}
    assert enough["aws-popularity-count"] == "" and enough["aws-trending-now"] == "the data have no times"
