"""Tests of imports from start to end: files in, typed Parquet out, or an error that names the place."""

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.failures import InvalidLocation, WorkFailedError
from tastemaker.importing.errors import BadRow, MissingColumns, UnreadableFile
from tastemaker.schemas import Field
from tests.standard_schemas import EVENTS
from tests.tastemaker.importing.support import ImportFolder

MANY_ROWS = 1_500_000
"""So many that an import writes more than two parts."""
T = 1_600_000_000
"""A time of an event, in Unix seconds."""
CATEGORY = Field("C", "string", categorical=True)
ITEMS = [
    Field("ITEM_ID", "string"),
    Field("TITLE", "string", nullable=True, textual=True),
    Field("GENRES", "string", nullable=True, categorical=True),
    Field("PRICE", "float", nullable=True),
    Field("STOCK", "long", nullable=True),
    Field("ADULT", "boolean", nullable=True),
]


def test_cells_get_the_types_of_the_schema_and_empty_cells_are_null(folder: ImportFolder) -> None:
    folder.put("a.csv", "ITEM_ID,TITLE,GENRES,PRICE,STOCK,ADULT\n1,Emma,novel|love,1.5,7,true\n2,,,,,\n")
    counts = folder.run(ITEMS)
    assert folder.rows() == [
        {"ITEM_ID": "1", "TITLE": "Emma", "GENRES": "novel|love", "PRICE": 1.5, "STOCK": 7, "ADULT": True},
        {"ITEM_ID": "2", "TITLE": None, "GENRES": None, "PRICE": None, "STOCK": None, "ADULT": None},
    ]
    assert (counts["rows"], counts["files"], counts["maxTimestamp"]) == (2, 1, None)
    assert pq.read_schema(folder.parts()[0]).types == [
        pa.string(), pa.string(), pa.string(), pa.float64(), pa.int64(), pa.bool_()
    ]  # fmt: skip


def test_header_may_have_quotes_a_byte_order_mark_any_order_and_more_columns(folder: ImportFolder) -> None:
    folder.put(
        "a.csv",
        b'\xef\xbb\xbf"TIMESTAMP", ITEM_ID,COLOR,"USER_ID"\r\n1600000005,i,red,u\r\n1600000009,j,blue,v\r\n',
    )
    assert folder.run(EVENTS)["maxTimestamp"] == T + 9
    assert folder.rows()[0] == {"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": T + 5}
    assert any("COLOR" in line for line in folder.log)


def test_header_may_differ_from_the_schema_in_case(folder: ImportFolder) -> None:
    folder.put("a.csv", f"user_id,Item_Id,timestamp,ITEM_ID\nu,not this one,{T + 5},i\n")
    folder.run(EVENTS)
    assert folder.rows() == [{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": T + 5}]
    assert any("Item_Id" in line for line in folder.log)
    folder.put("a.csv", "user_id,User_id,ITEM_ID,TIMESTAMP\nu,v,i,1600000005\n")
    with pytest.raises(UnreadableFile, match="names USER_ID more than once"):
        folder.run(EVENTS)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (r'"say \"hi\" to C:\\d"', r'say "hi" to C:\d'),
        ('"say ""hi"""', 'say "hi"'),
        (r'"C:\new ""folder"""', r'C:\new "folder"'),
        ('"two\nlines, one cell"', "two\nlines, one cell"),
        (r'"both \"kinds\" and ""kinds"""', 'both "kinds" and "kinds"'),
        ('12" pipe', '12" pipe'),
    ],
)
def test_both_escapings_of_quotes_are_read(folder: ImportFolder, cell: str, value: str) -> None:
    folder.put("a.csv", f"ITEM_ID,TITLE\n1,{cell}\n2,plain\n")
    folder.run(ITEMS[:2])
    assert [row["TITLE"] for row in folder.rows()] == [value, "plain"]


def test_escaping_that_shows_late_in_the_file_applies_from_its_start(folder: ImportFolder) -> None:
    filler = "".join(f"{i},plain {'x' * 90}\n" for i in range(60_000))
    folder.put("a.csv", f'ITEM_ID,TITLE\n{filler}z,"a \\"b\\" c"\n')
    assert folder.run(ITEMS[:2], part_bytes=1 << 20)["rows"] == 60_001
    assert folder.rows()[-1]["TITLE"] == 'a "b" c'
    assert any("backslash" in line for line in folder.log)


def test_folder_import_reads_all_csv_files_below_it(folder: ImportFolder) -> None:
    header = "USER_ID,ITEM_ID,TIMESTAMP\n"
    folder.put("in/b.csv", header + f"u,b,{T + 2}\n")
    folder.put("in/deep/a.CSV", f"TIMESTAMP,USER_ID,ITEM_ID\n{T + 3},u,a\n")
    folder.put("in/notes.txt", "no csv")
    folder.put("in-other/c.csv", header + f"u,c,{T + 9}\n")
    for location in ("s3://data/in/", "s3://data/in"):
        assert folder.run(EVENTS, location)["files"] == 2
        assert [row["ITEM_ID"] for row in folder.rows()] == ["b", "a"]


@pytest.mark.slow  # writes more than a million rows
def test_second_run_replaces_the_parts_of_the_first(folder: ImportFolder) -> None:
    numbers = pa.array(np.arange(MANY_ROWS))
    users, items = (
        numbers.cast(pa.string()),
        pa.array(np.arange(MANY_ROWS) * 7919 % 100_003).cast(pa.string()),
    )
    events = {"USER_ID": users, "ITEM_ID": items, "TIMESTAMP": pc.add(numbers, T)}
    folder.put("a.csv", "")
    pa_csv.write_csv(pa.table(events), folder.root / "data" / "a.csv")
    first = folder.run(EVENTS, part_bytes=1 << 20)
    names = [path.name for path in folder.parts()]
    assert first["parts"] == len(names) > 2
    stray = folder.parts()[0].with_name("part-99999.parquet")
    stray.write_bytes(b"left by a killed run")
    assert folder.run(EVENTS, part_bytes=1 << 20) == first
    assert [path.name for path in folder.parts()] == names
    stored = pa.concat_tables(map(pq.read_table, folder.parts()))
    assert stored.column("TIMESTAMP").equals(pa.chunked_array([events["TIMESTAMP"]]))


def test_parquet_file_may_differ_from_the_schema_in_types_and_case(folder: ImportFolder) -> None:
    table = pa.table(
        {"TIMESTAMP": [T + 1.0, T + 2.0], "USER_ID": ["u", "v"], "ITEM_ID": [10, 11], "MORE": [1, 2]}
    )
    (folder.root / "data").mkdir()
    pq.write_table(table, folder.root / "data" / "a.parquet")
    assert folder.run(EVENTS, "s3://data/a.parquet")["rows"] == 2
    assert folder.rows()[1] == {"USER_ID": "v", "ITEM_ID": "11", "TIMESTAMP": T + 2}
    pq.write_table(
        table.rename_columns(["timestamp", "user_id", "item_id", "MORE"]), folder.root / "data" / "a.parquet"
    )
    folder.run(EVENTS, "s3://data/a.parquet")
    assert folder.rows()[1] == {"USER_ID": "v", "ITEM_ID": "11", "TIMESTAMP": T + 2}


VIEWS = {"USER_ID": ["u", "v"], "ITEM_ID": ["i", "j"], "TIMESTAMP": pa.array([T + 1, T + 2])}


@pytest.mark.parametrize(
    "other",
    [
        {"TIMESTAMP": pa.array([T + 1, T + 2], pa.int32())},
        {"TIMESTAMP": [str(T + 1), str(T + 2)]},
        {"USER_ID": pa.array(["u", "v"]).dictionary_encode()},
        {"USER_ID": pa.array(["u", "v"], pa.large_string()), "ITEM_ID": [b"i", b"j"]},
    ],
)
def test_parquet_files_of_a_folder_may_store_a_column_differently(folder: ImportFolder, other: dict) -> None:
    (folder.root / "data" / "f").mkdir(parents=True)
    pq.write_table(pa.table(VIEWS), folder.root / "data" / "f" / "a.parquet")
    pq.write_table(pa.table({**VIEWS, **other}), folder.root / "data" / "f" / "b.parquet")
    assert folder.run(EVENTS, "s3://data/f/")["files"] == 2
    assert folder.rows() == 2 * [
        {"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": T + 1},
        {"USER_ID": "v", "ITEM_ID": "j", "TIMESTAMP": T + 2},
    ]


@pytest.mark.parametrize(
    ("other", "row", "column", "text"),
    [
        ({"USER_ID": ["u", None]}, 2, "USER_ID", "empty"),
        ({"TIMESTAMP": [str(T), "two"]}, 2, "TIMESTAMP", "'two'"),
        ({"TIMESTAMP": [T + 1.0, T + 2.5]}, 2, "TIMESTAMP", "'1600000002.5'"),
        ({"TIMESTAMP": pa.array([T, T], pa.timestamp("s"))}, 1, "TIMESTAMP", "whole number"),
        ({"ITEM_ID": [["i"], ["j"]]}, 1, "ITEM_ID", "list"),
        ({"ITEM_ID": pa.array([b"i", b"\xe9"]).view(pa.string())}, 2, "ITEM_ID", r"not UTF-8: b'\xe9'"),
        ({"ITEM_ID": pa.array([b"i", b"\xe9"])}, 2, "ITEM_ID", "not UTF-8"),
    ],
)
def test_bad_row_of_a_parquet_file_is_named(
    folder: ImportFolder, other: dict, row: int, column: str, text: str
) -> None:
    (folder.root / "data" / "f").mkdir(parents=True)
    pq.write_table(pa.table(VIEWS), folder.root / "data" / "f" / "a.parquet")
    pq.write_table(pa.table({**VIEWS, **other}), folder.root / "data" / "f" / "b.parquet")
    with pytest.raises(BadRow) as caught:
        folder.run(EVENTS, "s3://data/f/")
    message = str(caught.value)
    assert f"f/b.parquet, line {row}, column {column}: " in message and text in message
    assert folder.parts() == []


@pytest.mark.parametrize(
    ("fields", "rows", "line", "column", "text"),
    [
        (EVENTS, "u,i,1600000001\nu,i,1.5\n", 3, "TIMESTAMP", "'1.5'"),
        (EVENTS, "u,i,1600000001\nu,i,0x10\n", 3, "TIMESTAMP", "'0x10'"),
        (EVENTS, "u,i,1600000001\nu,i,\n", 3, "TIMESTAMP", "empty"),
        (EVENTS, "u,i,1600000001\n\n\nu,i,soon\n", 5, "TIMESTAMP", "'soon'"),
        (EVENTS, 'u,"i\n\nj",1600000001\n"v\n",i,99999999999999999999\n', 5, "TIMESTAMP", "64 bits"),
        (EVENTS, "u,i,1600000000000\n", 2, "TIMESTAMP", "milliseconds"),
        (EVENTS, "u,i,1600000001\n,i,1600000002\n", 3, "USER_ID", "empty"),
        (EVENTS, f"{'u' * 257},i,1600000001\n", 2, "USER_ID",
         "length cannot be more than 256 characters for USER_ID, and this value has 257"),
        (EVENTS, "u,i,1600000001\nu,i\n", 3, None, "2 cells"),
        (EVENTS, "u,i,1600000001\nu,i,1,1\n", 3, None, "4 cells"),
        (EVENTS, 'u,i,1600000001\nu,"i,2\nu,i,3\n', 3, None, "never closed"),
        ([Field("ITEM_ID", "string"), Field("PRICE", "float")], "i,nan\n", 2, "PRICE", "'nan'"),
        ([Field("ITEM_ID", "string"), Field("PRICE", "float")], "i,1\nj,\"1,5\"\n", 3, "PRICE", "'1,5'"),
        ([Field("ITEM_ID", "string"), Field("N", "int")], "i,3000000000\n", 2, "N", "3000000000"),
        ([Field("ITEM_ID", "string"), Field("ADULT", "boolean")], "i,true\nj,True\n", 3, "ADULT", "'True'"),
        ([Field("ITEM_ID", "string"), CATEGORY], f"i,{'é' * 1000}\nj,{'é' * 1001}\n", 3, "C",
         "length cannot be more than 1000 characters for C, and this value has 1,001"),
        ([Field("ITEM_ID", "string"), CATEGORY], f"i,{'|'.join(f'tag{n}' for n in range(300))}\n", 2, "C",
         "has 1,989: its 300 categories count together; keep those that matter most"),
    ],
)  # fmt: skip
def test_bad_row_is_named_by_line_and_column(
    folder: ImportFolder, fields: list[Field], rows: str, line: int, column: str | None, text: str
) -> None:
    folder.put("a.csv", ",".join(field.name for field in fields) + "\n" + rows)
    with pytest.raises(BadRow) as caught:
        folder.run(fields)
    assert caught.value.line == line
    assert str(caught.value).startswith(
        f"s3://data/a.csv, line {line}{f', column {column}' if column else ''}: "
    )
    assert text in str(caught.value)
    assert folder.parts() == []


def test_long_impression_is_not_called_categories(folder: ImportFolder) -> None:
    shown = "|".join(f"item{n}" for n in range(300))
    folder.put("a.csv", f"USER_ID,ITEM_ID,TIMESTAMP,IMPRESSION\nu,i,1600000001,{shown}\n")
    with pytest.raises(BadRow, match=r"for IMPRESSION, and this value has 2,289$"):
        folder.run([*EVENTS, Field("IMPRESSION", "string")])


def test_first_bad_row_of_many_blocks_is_named_and_nothing_is_left(folder: ImportFolder) -> None:
    lines = [f"user-{i},item,{T + i}\n" for i in range(250_000)]
    lines[200_000] = "user,item,never\n"
    lines[230_000] = "user,item\n"
    folder.put("a.csv", "USER_ID,ITEM_ID,TIMESTAMP\n" + "".join(lines))
    with pytest.raises(BadRow, match=r"line 200002, column TIMESTAMP: .*'never'"):
        folder.run(EVENTS, part_bytes=1 << 20)
    assert folder.parts() == []


def test_bytes_that_are_not_utf8_are_named(folder: ImportFolder) -> None:
    folder.put("a.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nu,i,1600000001\nu,caf\xe9,1600000002\n")
    with pytest.raises(BadRow, match=r"line 3, column ITEM_ID: not UTF-8: b'caf\\xe9'"):
        folder.run(EVENTS)
    folder.put("a.csv", "USER_ID,ITEM_ID,TIMESTAMP\nu,i,1\n".encode("utf-16"))
    with pytest.raises(UnreadableFile, match="UTF-16"):
        folder.run(EVENTS)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("ITEM_ID," + "x" * 900_000, "missing the following columns"),
        ('USER_ID,ITEM_ID,"TIMESTAMP', "line 1: a quote that opens in the header is never closed"),
    ],
)
def test_header_that_does_not_end_is_refused(folder: ImportFolder, header: str, why: str) -> None:
    folder.put("a.csv", f"{header}\nu,i,{T}\n")
    with pytest.raises(WorkFailedError, match=why):
        folder.run(EVENTS)


def test_missing_columns_are_named_with_the_phrase_that_programs_look_for(folder: ImportFolder) -> None:
    folder.put("a.csv", "USER_ID,WHAT\nu,1\n")
    with pytest.raises(
        MissingColumns, match=r"Input CSV is missing the following columns: \[ITEM_ID, TIMESTAMP\]"
    ):
        folder.run(EVENTS)


@pytest.mark.parametrize(
    "location", ["s3://data/none.csv", "s3://nowhere/a.csv", "data/a.csv", "s3://data/empty/"]
)
def test_location_without_data_is_refused(folder: ImportFolder, location: str) -> None:
    folder.put("empty/readme.txt", "nothing")
    with pytest.raises(InvalidLocation, match=r"^Invalid data location"):
        folder.run(EVENTS, location)


@pytest.mark.parametrize(
    "content",
    ["USER_ID,ITEM_ID,TIMESTAMP\n", "USER_ID,ITEM_ID,TIMESTAMP", "\n\n", "USER_ID,ITEM_ID,TIMESTAMP\n\n"],
)
def test_file_without_rows_is_refused(folder: ImportFolder, content: str) -> None:
    folder.put("a.csv", content)
    with pytest.raises(WorkFailedError):
        folder.run(EVENTS)


def test_long_text_is_cut(folder: ImportFolder) -> None:
    folder.put("a.csv", f"ITEM_ID,TITLE\n1,{'a' * 30_000}\n2,{'語' * 9_000}\n3,{'a' * 9_000}\n")
    folder.run(ITEMS[:2])
    assert [len(row["TITLE"]) for row in folder.rows()] == [20_000, 7_000, 9_000]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\\"), max_size=12)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "ITEM_ID": st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9),
            "TITLE": TEXT.map(lambda text: text or None),
            "PRICE": st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
            "STOCK": st.none() | st.integers(-(2**63), 2**63 - 1),
            "ADULT": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=8,
)
TABLE = [ITEMS[0], *(field for field in ITEMS[1:] if field.name != "GENRES")]


@given(ROWS, st.booleans(), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=60)
def test_any_table_is_read_back_in_either_escaping(
    rows: list[dict[str, object]], doubled: bool, end: str, quote_all: bool
) -> None:
    text = io.StringIO(newline="")
    style = {"doublequote": True} if doubled else {"doublequote": False, "escapechar": "\\"}
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator=end, quoting=quoting, **style)  # type: ignore[arg-type]
    writer.writerow([field.name for field in TABLE])
    for row in rows:
        cells = [row[field.name] for field in TABLE]
        writer.writerow([str(cell).lower() if isinstance(cell, bool) else cell for cell in cells])
    with tempfile.TemporaryDirectory() as folder:
        folder = ImportFolder(Path(folder))
        folder.put("a.csv", text.getvalue())
        folder.run(TABLE)
        assert folder.rows() == rows


FILMS = [Field("ITEM_ID", "string"), Field("GENRE", "string", categorical=True), Field("YEAR", "int")]


def films(bad: dict[int, str]) -> str:
    rows = [f"{i},Drama,{bad.get(i, 1990)}" for i in range(1000)]
    return "\n".join(["ITEM_ID,GENRE,YEAR", *rows]) + "\n"


def test_one_bad_cell_in_500_of_an_item_attribute_becomes_null(folder: ImportFolder) -> None:
    folder.put("a.csv", films({3: "", 500: "2006–2007"}))
    assert folder.run(FILMS)["rows"] == 1000
    assert [row["ITEM_ID"] for row in folder.rows() if row["YEAR"] is None] == ["3", "500"]
    assert any("2 cells of YEAR" in line for line in folder.log)


def test_more_bad_cells_fail_the_import_and_the_first_one_is_named(folder: ImportFolder) -> None:
    folder.put("a.csv", films({3: "", 500: "2006–2007", 600: "soon"}))
    with pytest.raises(BadRow, match="line 5, column YEAR: the cell is empty"):
        folder.run(FILMS)


def test_bad_cell_of_interactions_fails_the_import(folder: ImportFolder) -> None:
    rows = "".join(f"u,i,{'soon' if i == 700 else T + i}\n" for i in range(1000))
    folder.put("a.csv", f"USER_ID,ITEM_ID,TIMESTAMP\n{rows}")
    with pytest.raises(BadRow, match="line 702, column TIMESTAMP"):
        folder.run(EVENTS)
