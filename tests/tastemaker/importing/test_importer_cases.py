"""Tests of files from reports of people who import data. Each test has the name of its file in `cases/`."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tastemaker.failures import InvalidLocation, WorkFailedError
from tastemaker.importing.errors import BadRow, MissingColumns, UnreadableFile
from tastemaker.schemas import Field
from tests.standard_schemas import EVENTS
from tests.tastemaker.importing.support import ImportFolder

CASES = Path(__file__).parent / "cases"
STOCK = [Field("ITEM_ID", "string"), Field("STOCK", "long")]
CATALOG = [
    Field("ITEM_ID", "string"),
    Field("PRICE", "float"),
    Field("CATEGORY", "string", categorical=True),
    Field("DESCRIPTION", "string", textual=True),
    Field("YEAR", "int"),
]
T = 1_600_000_000
HEADER = "USER_ID,ITEM_ID,TIMESTAMP\n"
ROW = f"u,i,{T}\n"


@pytest.fixture
def case(folder: ImportFolder):
    def imported(name: str, fields: list[Field] = EVENTS) -> dict:
        folder.put("a.csv", (CASES / name).read_bytes())
        return folder.run(fields)

    return imported


def test_small_times(case) -> None:
    with pytest.raises(BadRow, match=r"line 2, column TIMESTAMP: 1785864 is 21 January 1970; .* ten digits"):
        case("small-times.csv")


def test_time_before_all_times(case) -> None:
    with pytest.raises(BadRow, match="line 2, column TIMESTAMP: -9223372036854775808 is in nanoseconds"):
        case("time-before-all-times.csv")


def test_long_numbers(case, folder: ImportFolder) -> None:
    case("long-numbers.csv", STOCK)
    assert [row["STOCK"] for row in folder.rows()] == [2**63 - 1, 2**53 + 1, 12]


def test_backslash_before_quote(case, folder: ImportFolder) -> None:
    case("backslash-before-quote.csv", CATALOG)
    assert [row["DESCRIPTION"] for row in folder.rows()] == ["x", "C:\\", "D:\\", "f"]


def test_backslash_before_quote_in_the_documented_escaping(folder: ImportFolder) -> None:
    folder.put(
        "a.csv", 'ITEM_ID,PRICE,CATEGORY,DESCRIPTION,YEAR\ni1,1,a,"5\\", or 6\\", wide",2000\ni2,1,b,x,1\n'
    )
    folder.run(CATALOG)
    assert [row["DESCRIPTION"] for row in folder.rows()] == ['5", or 6", wide', "x"]


def test_backslash_before_quote_that_can_be_read_in_two_ways_is_refused(folder: ImportFolder) -> None:
    fields = [Field("ITEM_ID", "string"), Field("DESCRIPTION", "string", nullable=True, textual=True)]
    folder.put("a.csv", 'ITEM_ID,DESCRIPTION\n"\\",""\na",\n')
    with pytest.raises(UnreadableFile, match="both readings are possible"):
        folder.run(fields)
    assert folder.parts() == []


def test_odd_ids(case, folder: ImportFolder) -> None:
    report = case("odd-ids.csv")["report"]
    assert [(row["USER_ID"], row["ITEM_ID"]) for row in folder.rows()][:2] == [("u1", "i1"), ("u1", "i1")]
    assert report["trimmedIds"] == 2
    assert {(one["column"], one["id"]) for one in report["suspiciousIds"]} == {
        ("USER_ID", "NaN"), ("USER_ID", "null"), ("USER_ID", "1.23457E+12")
    }  # fmt: skip
    assert any("a number that a spreadsheet has rounded" in warning for warning in report["warnings"])


@pytest.mark.parametrize(
    ("ids", "warning"),
    [
        (
            ["1.0", "2.0", "3.0"],
            "3 rows have a USER_ID such as '1.0' and '2.0', which looks like a whole number",
        ),
        (["b'u'", "u"], "1 rows have the USER_ID \"b'u'\", which looks like bytes that Python has printed"),
        (["u\u200b", "u"], r"1 rows have the USER_ID 'u\u200b', which looks like a text with invisible"),
        (["#REF!", "u"], "1 rows have the USER_ID '#REF!', which looks like an error of a spreadsheet"),
        (["NaN", "null"], "1 rows have the USER_ID 'null', which looks like a missing value"),
    ],
)
def test_odd_ids_of_other_programs(folder: ImportFolder, ids: list[str], warning: str) -> None:
    folder.put("a.csv", HEADER + "".join(f"{user},i,{T}\n" for user in ids))
    assert any(one.startswith(warning) for one in folder.run(EVENTS)["report"]["warnings"])


@pytest.mark.parametrize("ids", [["v1.02", "a.0", "10.05", "it's", "c#", "b'", "ü", "x+y"]])
def test_usual_ids_are_not_odd(folder: ImportFolder, ids: list[str]) -> None:
    folder.put("a.csv", HEADER + "".join(f"{user},i,{T}\n" for user in ids))
    assert folder.run(EVENTS)["report"]["suspiciousIds"] == []


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("1700000000.0", "write it without a fraction"),
        ("1.7E+09", "write all of its digits"),
        ("2023-11-14T00:00:00Z", "convert it to Unix seconds, such as 1700000000"),
        ("14.11.2023", "convert it to Unix seconds, such as 1700000000"),
    ],
)
def test_time_that_is_no_whole_number_has_a_cure(folder: ImportFolder, text: str, cure: str) -> None:
    folder.put("a.csv", f"{HEADER}u,i,{text}\n")
    with pytest.raises(BadRow, match=f"line 2, column TIMESTAMP: .*; {cure}"):
        folder.run(EVENTS)


def test_nanoseconds(case) -> None:
    with pytest.raises(BadRow, match="is in nanoseconds; times are in Unix seconds: divide by 1,000,000,000"):
        case("nanoseconds.csv")


def test_camel_header(case) -> None:
    with pytest.raises(MissingColumns, match="rename userId to USER_ID, itemId to ITEM_ID"):
        case("camel-header.csv")


def test_semicolons(case) -> None:
    with pytest.raises(MissingColumns, match="separated by semicolons; separate them by commas"):
        case("semicolons.csv")


def test_first_bad_line(case) -> None:
    with pytest.raises(BadRow, match="line 2, column TIMESTAMP: expected a whole number"):
        case("first-bad-line.csv")


@pytest.mark.parametrize("other", [f"u,{'x' * 300},{T}", "u,i", 'u,"i', f",i,{T}"])
def test_first_bad_line_comes_before_a_row_that_is_broken_otherwise(folder: ImportFolder, other: str) -> None:
    folder.put("a.csv", f"{HEADER}{ROW}u,i,soon\n{other}\n")
    with pytest.raises(BadRow, match=r"line 3, column TIMESTAMP: .*'soon'"):
        folder.run(EVENTS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"USER_ID\tITEM_ID\tTIMESTAMP\nu\ti\t{T}\n", "separated by tabs"),
        (f"u,i,{T}\n{ROW}", "looks like data: the first line must name the columns"),
        ("USER_ID,COLOR\nu,red\n", r"missing the following columns: \[ITEM_ID, TIMESTAMP\].*USER_ID,COLOR"),
        ('{"USER_ID":"u","ITEM_ID":"i"}\n', "looks like JSON; write the data as CSV"),
        ("<html><body>Access denied</body></html>", "looks like HTML or XML, such as the page of an error"),
        (f"sep=,\n{HEADER}{ROW}", "Line 1 is 'sep=,', which is for spreadsheets only; remove it"),
        (f"# export\n{HEADER}{ROW}", "is a comment; remove it"),
        (f"#user_id,item_id,timestamp\n{ROW}", "is a comment; remove the # at its start"),
        (f"# {HEADER}{ROW}", "is a comment; remove the # at its start"),
        ("\ufeff\ufeff" + HEADER + ROW, "two byte order marks"),
        ((HEADER + ROW).encode("utf-16-le"), "NUL bytes, as UTF-16"),
        ((HEADER + ROW).encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest", "ZIP archive or a spreadsheet"),
        (b"BZh91AY", "bzip2"),
    ],
)
def test_file_in_another_format_is_named(folder: ImportFolder, text: str | bytes, reason: str) -> None:
    folder.put("a.csv", text)
    with pytest.raises(WorkFailedError, match=reason):
        folder.run(EVENTS)


def test_folder_with_compressed_and_plain_files_is_read_whole(folder: ImportFolder) -> None:
    folder.put("in/a.csv", HEADER + ROW)
    folder.put("in/b.csv.gz", gzip.compress((HEADER + ROW).encode()) + gzip.compress(ROW.encode()))
    folder.put("in/c.csv.zst", pa.compress((HEADER + ROW).encode(), "zstd", asbytes=True))
    folder.put("in/d.csv", gzip.compress((HEADER + ROW).encode()))
    assert folder.run(EVENTS, "s3://data/in/")["rows"] == 5


def test_bad_line_of_a_compressed_file_is_named(folder: ImportFolder) -> None:
    folder.put("a.csv.gz", gzip.compress(f"{HEADER}{ROW}u,i,soon\n".encode()))
    with pytest.raises(BadRow, match=r"a\.csv\.gz, line 3, column TIMESTAMP"):
        folder.run(EVENTS, "s3://data/a.csv.gz")


def test_compressed_file_that_is_cut_off_is_refused(folder: ImportFolder) -> None:
    whole = gzip.compress((HEADER + "".join(f"u{n * 7919},i{n},{T + n}\n" for n in range(50_000))).encode())
    folder.put("a.csv", whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match="gzip data are damaged or cut off"):
        folder.run(EVENTS)
    assert folder.parts() == []


@pytest.mark.parametrize("name", ["b.tsv", "b.jsonl", "b.gz", "deep/b.CSV.BZ2", "b.xlsx"])
def test_folder_with_data_in_other_formats_is_refused_by_name(folder: ImportFolder, name: str) -> None:
    folder.put("in/a.csv", HEADER + ROW)
    folder.put(f"in/{name}", "data")
    with pytest.raises(InvalidLocation, match=f"does not read: {name}"):
        folder.run(EVENTS, "s3://data/in/")


def test_hidden_files_and_folders_are_not_data(folder: ImportFolder) -> None:
    for name in ("part-0.csv", "_temporary/0/part-0.csv", "._part-0.csv", ".hidden/part-1.csv", "_SUCCESS"):
        folder.put(f"_in/{name}", HEADER + ROW)
    folder.put("_in/notes.txt", "no data")
    result = folder.run(EVENTS, "s3://data/_in/")
    assert (result["rows"], result["files"]) == (1, 1)
    assert result["report"]["skippedFileCount"] == 5
    assert "notes.txt" in result["report"]["skippedFiles"]


def test_report_says_what_the_import_did(folder: ImportFolder) -> None:
    rows = "".join(f"{'bot' if n % 2 else f'u{n}'},i{n},red,{T + n}\n" for n in range(1000))
    folder.put("a.csv", f"USER_ID,ITEM_ID,COLOR,TIMESTAMP\n{rows}")
    report = folder.run(EVENTS)["report"]
    assert (report["firstTimestamp"], report["lastTimestamp"]) == (T, T + 999)
    assert report["ignoredColumns"] == ["COLOR"]
    assert report["largestUser"] == {"id": "bot", "share": 0.5}
    assert report["activeUsers"] == 1
    assert report["warnings"] == [
        "The schema does not have the columns COLOR; they are ignored.",
        "The user 'bot' has 50% of all rows; leave out accounts of tests and default ids.",
    ]
    assert folder.log[-1].endswith("1,000 rows in 1 parts, from 2020-09-13 to 2020-09-13")


def test_damaged_parquet_files_are_named(folder: ImportFolder) -> None:
    table = pa.table(
        {"USER_ID": ["u"] * 5000, "ITEM_ID": ["i"] * 5000, "TIMESTAMP": list(range(T, T + 5000))}
    )
    path = folder.root / "whole.parquet"
    pq.write_table(table, path)
    whole = path.read_bytes()
    for at in range(4, len(whole) - 8, max(1, len(whole) // 40)):
        for broken in (whole[:at], whole[:at] + bytes(40) + whole[at + 40 :], whole[:at] + whole[at + 9 :]):
            folder.put("a.parquet", broken)
            try:
                folder.run(EVENTS, "s3://data/a.parquet")
            except WorkFailedError as error:
                assert "a.parquet" in str(error)
    folder.put("a.parquet", whole.replace(b"ITEM_ID", b"ITE\xc0_ID"))
    with pytest.raises(UnreadableFile, match=r"a\.parquet: the file is damaged"):
        folder.run(EVENTS, "s3://data/a.parquet")
