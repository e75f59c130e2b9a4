"""Files of well-known programs and files that nobody has seen: what each column is."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tastemaker.detection.detecting import Detected, Files, detect
from tastemaker.detection.exports import recognize
from tastemaker.detection.inputs import DetectionError
from tastemaker.detection.mapping import Overrides
from tastemaker.detection.opening import Reading
from tests.tastemaker.detection.shapes import SHAPES, facts

FACTS = list(facts())
EXPECTED = {
    "Shopify orders": (["Email"], ["Lineitem sku"], "Created at", "ISO 8601"),
    "Google Analytics 4": (["user_pseudo_id"], ["items.item_id"], "event_timestamp", "microseconds"),
    "WooCommerce orders": (["customer_id"], ["line item"], "order_date", "day.month.year"),
    "Segment": (["userId", "anonymousId"], ["properties.product_id"], "timestamp", "ISO 8601"),
    "Spotify history": ([], ["spotify_track_uri"], "ts", "ISO 8601"),
    "Steam reviews": (["author.steamid"], ["app_id"], "timestamp_created", "seconds"),
    "MovieLens": (["userId"], ["movieId"], "timestamp", "seconds"),
    "RetailRocket": (["visitorid"], ["itemid"], "timestamp", "milliseconds"),
}


def of(tmp_path: Path, text: str, name: str = "data.csv", **overrides: object) -> Detected:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return detect(Files([path]), Overrides(**overrides))  # type: ignore[arg-type]


def table(header: str, row: str, rows: int = 300) -> str:
    """Rows of 30 users and 40 items. `row` has {user}, {item}, {n} and {stamp}."""
    made = [
        row.format(user=n * 7 % 30, item=n * 11 % 40, n=n, stamp=1_700_000_000 + n * 3600)
        for n in range(rows)
    ]
    return "\n".join([*([header] if header else []), *made]) + "\n"


@pytest.mark.parametrize("name", SHAPES)
def test_export_is_recognized_by_its_columns(name: str, tmp_path: Path) -> None:
    found = detect(Files([SHAPES[name](tmp_path, FACTS)])).mapping
    users, items, time, form = EXPECTED[name]
    assert (list(found.user), list(found.item), found.time) == (users, items, time)
    assert found.export == name and found.time_format is not None and found.time_format.name == form


@pytest.mark.parametrize(
    ("header", "row", "roles"),
    [
        ("uid,product_id,when", "{user:05},{item},{stamp}", ("uid", "product_id", "when")),
        ("customer,sku,created_at", "c{user},S-{item},2024-01-05T13:{n:02}:00", None),
        ("household_key,PRODUCT_ID,DAY", "{user},{item},{stamp}", None),
        ("reviewer,asin,overall,date", "r{user},B0{item},4,2024-03-05", ("reviewer", "asin", "date")),
        ("Kunde;Artikel;Datum", "K{user};{item};05.01.2024 10:{n:02}", ("Kunde", "Artikel", "Datum")),
        ("updated,created_at,member,track", "{n},{stamp},m{user},t{item}", ("member", "track", "created_at")),
        ("name,user_id,title,film_id,ts", "Ann,{user},T{item},{item},{stamp}", ("user_id", "film_id", "ts")),
        ("session_id,page_url,ts", "s{user},https://x/{item},{stamp}000", ("session_id", "page_url", "ts")),
    ],
)  # fmt: skip
def test_columns_are_found_by_usual_names(
    header: str, row: str, roles: tuple[str, str, str] | None, tmp_path: Path
) -> None:
    rows = 60 if "{n:02}" in row else 300
    found = of(tmp_path, table(header, row, rows)).mapping
    if roles is None:
        user, item, time = header.split(",")
        roles = (user, item, time)
    assert (found.user[0], found.item[0], found.time) == roles


@pytest.mark.parametrize("rows", [["u1,i1,1700000000"], ["u1,i1,1700000000", "u1,i2,1700000009"]])
def test_columns_with_unmistakable_names_may_have_one_value(rows: list[str], tmp_path: Path) -> None:
    found = of(tmp_path, "\n".join(["userId,itemId,timestamp", *rows]) + "\n").mapping
    assert (found.user, found.item, found.time) == (("userId",), ("itemId",), "timestamp")


def test_constant_column_has_no_role_if_another_one_fits(tmp_path: Path) -> None:
    text = table("tenant_user_id,user_id,item_id,timestamp", "t1,u{user},i{item},{stamp}")
    found = of(tmp_path, text).mapping
    assert found.user[0] == "user_id" and found.item == ("item_id",)


def test_file_without_a_header_is_read_by_its_values(tmp_path: Path) -> None:
    found = of(tmp_path, table("", "{user}\t{item}\t{n}\t{stamp}".replace("{n}", "4"))).mapping
    assert (found.user, found.item, found.time) == (("column 1",), ("column 2",), "column 4")


def test_two_columns_of_ids_with_unknown_names_are_user_and_item(tmp_path: Path) -> None:
    found = of(tmp_path, table("alpha,beta,day", "A{user},B{item},{stamp}")).mapping
    assert (found.user, found.item) == (("alpha",), ("beta",))


def test_file_without_times_takes_the_order_of_its_rows(tmp_path: Path) -> None:
    found = of(tmp_path, table("user,movie,stars", "{user},{item},4.5")).mapping
    assert found.time == "" and found.value == "stars" and found.event_name == "rating"


def test_columns_that_describe_items_and_users_are_told_from_context(tmp_path: Path) -> None:
    rows = ["user,item,ts,brand,country,device,comment"]
    for n in range(600):
        user, item = n * 7 % 30, n * 11 % 40
        rows.append(
            f"{user},{item},{1_700_000_000 + n},B{item % 5},{'FR' if user % 2 else 'DE'},"
            f"{'phone' if n * n % 7 < 3 else 'pc'},comment {n}"
        )
    found = of(tmp_path, "\n".join(rows)).mapping
    assert [one.column for one in found.item_attributes] == ["brand"]
    assert [one.column for one in found.user_attributes] == ["country"]
    assert [one.column for one in found.context] == ["device"]
    assert {one.column: one.why for one in found.left_out} == {
        "comment": "nearly every row has its own value"
    }


def test_personal_data_are_left_out_but_may_name_the_user(tmp_path: Path) -> None:
    text = table("email,phone,item,ts,zip", "u{user}@x.org,00{user},{item},{stamp},1{user}")
    found = of(tmp_path, text).mapping
    assert found.user == ("email",)
    assert "phone" in {one.column for one in found.left_out}


def test_column_of_yes_and_no_is_not_personal_whatever_its_name(tmp_path: Path) -> None:
    rows = ["user,item,ts,is_mobile,visit"]
    for n in range(600):
        user = n * 7 % 130
        rows.append(f"{user},{n * 11 % 40},{1_700_000_000 + n},{n * n % 7 < 3},s{user}")
    found = of(tmp_path, "\n".join(rows)).mapping
    assert [one.column for one in found.context] == ["is_mobile"]
    assert [(one.column, one.why) for one in found.left_out] == [
        ("visit", "nearly every user has their own value")
    ]


def test_day_first_is_chosen_if_a_day_proves_it_and_else_the_other_reading_is_named(tmp_path: Path) -> None:
    proven = of(tmp_path, "user,item,date\n" + "u1,i1,25/01/2024\nu2,i2,03/02/2024\n" * 20).mapping
    assert proven.time_format is not None
    assert (proven.time_format.name, proven.time_format.also) == ("day/month/year", "")
    open_ = of(tmp_path, "user,item,date\n" + "u1,i1,05/01/2024\nu2,i2,03/02/2024\n" * 20).mapping
    assert open_.time_format is not None and open_.time_format.also


def test_files_of_a_folder_are_told_apart_by_their_columns(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(table("user,item,ts", "u{user},i{item},{stamp}"))
    (tmp_path / "products.csv").write_text(
        "id,title,price\n" + "".join(f'i{n},"Tea, {n}","1.{n:02}"\n' for n in range(40))
    )
    (tmp_path / "people.csv").write_text("user,age\n" + "".join(f"u{n},{20 + n}\n" for n in range(30)))
    (tmp_path / "readme.md").write_text("Hello")
    (tmp_path / "_SUCCESS").write_text("")
    found = detect(Files([tmp_path]))
    assert {(one.dataset, one.key) for one in found.keyed} == {("ITEMS", "id"), ("USERS", "user")}
    assert [name for name, _ in found.skipped] == ["readme.md"]


@pytest.mark.parametrize("kind", ["gzip", "parquet", "json", "utf-16", "python"])
def test_every_format_gives_the_same_mapping(kind: str, tmp_path: Path) -> None:
    rows = [{"user": f"u{n % 30}", "item": f"é{n % 40}", "time": 1_700_000_000 + n} for n in range(200)]
    text = "user,item,time\n" + "".join(f"{r['user']},{r['item']},{r['time']}\n" for r in rows)
    path = tmp_path / {"parquet": "data.parquet", "json": "data.jsonl", "python": "data.json"}.get(
        kind, "data.csv"
    )
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_bytes(
            {
                "gzip": gzip.compress(text.encode()),
                "json": "\n".join(map(json.dumps, rows)).encode(),
                "utf-16": text.encode("utf-16"),
                "python": "\n".join(map(str, rows)).encode(),
            }[kind]
        )
    found = detect(Files([path])).mapping
    assert (found.user, found.item, found.time) == (("user",), ("item",), "time")


def test_what_the_user_says_has_precedence(tmp_path: Path) -> None:
    text = table("user,buyer,item,ts", "{user},b{user},{item},{stamp}")
    found = of(tmp_path, text, columns={"user": "Buyer", "time": "-"}, event="sale").mapping
    assert (found.user, found.time, found.event_name) == (("buyer",), "", "sale")


def test_reading_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_bytes("Größe\tu1\ti1\nSüße\tu2\ti2\n".encode("cp1252") * 20)
    found = detect(
        Files([path]),
        Overrides({"user": "column 2", "item": "column 3"}),
        Reading(encoding="cp1252", separator="\t", header=False),
    )
    assert found.profiles["column 1"].examples == ("Größe", "Süße")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("user\nann\nbob\n", "has one column only"),
        ("price,color\n1.5,red\n2.5,blue\n", "No column seems to be"),
        ("user,item,time\nu1,i1,soon\nu2,i2,later\n", "--time-column"),
    ],
)
def test_file_that_cannot_be_used_is_refused_with_a_remedy(text: str, said: str, tmp_path: Path) -> None:
    overrides = {"columns": {"time": "time"}} if "soon" in text else {}
    with pytest.raises(DetectionError) as raised:
        of(tmp_path, text, **overrides)
    assert said in str(raised.value) and raised.value.remedy


def test_column_that_does_not_exist_is_refused_with_similar_names(tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match="customer_id"):
        of(tmp_path, table("customer_id,item,ts", "{user},{item},{stamp}"), columns={"user": "customer_ids"})


def test_columns_of_no_export_are_not_recognized() -> None:
    assert recognize(["user", "item", "time"]) is None


def test_column_of_a_role_that_the_user_declines_is_left_out(tmp_path: Path) -> None:
    text = table("user,item,ts,rating", "{user},{item},{stamp},4.5").replace(",4.5", ",3", 50)
    found = of(tmp_path, text, columns={"value": "-"}).mapping
    assert found.value == "" and not found.context
    assert [(one.column, one.why) for one in found.left_out] == [("rating", "you left it out")]


def test_title_of_a_report_above_the_table_is_skipped(tmp_path: Path) -> None:
    report = "Sales of March\nShop: Main, Street 5\n\n" + table(
        "user,item,day,price", "u{user},i{item},{stamp},4"
    )
    found = of(tmp_path, report)
    assert (found.mapping.user, found.mapping.item) == (("user",), ("item",))
    assert found.interactions.tables[0].shape.endswith("without the first 3 lines")


def test_header_with_a_cell_of_two_lines_is_no_title(tmp_path: Path) -> None:
    rows = table("user,item,day,price", "u{user},i{item},{stamp},4").partition("\n")[2]
    found = of(tmp_path, f'"user\nid",item,day,price\n{rows}')
    assert (found.mapping.user, found.mapping.item) == (("user id",), ("item",))
    assert "without the first" not in found.interactions.tables[0].shape


@pytest.mark.parametrize("mark", ["\x85", "\u2028"])
def test_title_with_another_line_end_of_unicode_is_one_line(mark: str, tmp_path: Path) -> None:
    text = f"Sales{mark}of March\n" + table("user,item,day,price", "u{user},i{item},{stamp},4")
    found = of(tmp_path, text)
    assert found.mapping.user == ("user",)
    assert found.interactions.tables[0].shape.endswith("without the first line")


@pytest.mark.parametrize(
    ("header", "event"),
    [
        ("customer_key,article_key,purchased_at", "purchase"),
        ("Kundennummer,Artikelnummer,Bestelldatum", "purchase"),
        ("user,article,read_at", "view"),
        ("user,item,ts", "interaction"),
    ],
)
def test_time_says_what_happened_before_the_item_does(header: str, event: str, tmp_path: Path) -> None:
    found = of(tmp_path, table(header, "u{user},i{item},2024-03-05 10:00")).mapping
    assert (found.time, found.event_name) == (header.split(",")[2], event)


def test_names_of_items_are_found_in_other_languages(tmp_path: Path) -> None:
    text = table("Kunde;Artikelnummer;Bezeichnung;Datum", "K{user};A{item};Ding {item};{stamp}")
    named = [one for one in of(tmp_path, text).mapping.item_attributes if one.field.item_name]
    assert [one.column for one in named] == ["Bezeichnung"]


def test_short_descriptions_are_free_text(tmp_path: Path) -> None:
    row = "u{user},i{item},Pot {item},Pot {item} is light and simple and easy to clean.,{stamp}"
    text = table("user,item,name,description,ts", row)
    found = {one.column: one.field.textual for one in of(tmp_path, text).mapping.item_attributes}
    assert found == {"name": False, "description": True}


def test_product_beside_a_sku_names_the_items(tmp_path: Path) -> None:
    text = table("customer,sku,product,ts", "c{user},S{item},Thing {item},{stamp}")
    (name,) = of(tmp_path, text).mapping.item_attributes
    assert (name.column, name.field.item_name, name.field.categorical) == ("product", True, False)


def test_title_that_a_spreadsheet_padded_is_skipped(tmp_path: Path) -> None:
    padded = "Sales of March;;;;;\nCreated: 1.4.;;;;;\n;;;;;\n"
    rows = table("day;customer;sku;product;price;notes", "{stamp};c{user};S{item};Thing {item};4;")
    found = of(tmp_path, padded + rows)
    assert (found.mapping.user, found.mapping.item, found.mapping.time) == (("customer",), ("sku",), "day")
    assert found.interactions.tables[0].shape.endswith("without the first 3 lines")


def test_known_word_in_a_row_makes_no_header_of_it(tmp_path: Path) -> None:
    events = "".join(f"u{n},i{n},{name},,,\n" for n, name in enumerate(["click", "buy", "like", "rating"]))
    found = of(tmp_path, events + table("", "u{user},i{item},{stamp},,,"))
    assert found.interactions.tables[0].shape.endswith("no header")
    assert found.mapping.user == ("column 1",)


@pytest.mark.parametrize("header", ["", "user,item,,,,"])
def test_rows_with_empty_cells_at_their_end_are_no_titles(header: str, tmp_path: Path) -> None:
    rows = table(header, "u{user},i{item},,,,", 3) + table("", "u{user},i{item},{stamp},4,5,6")
    shape = of(tmp_path, rows).interactions.tables[0].shape
    assert "without the first" not in shape and shape.endswith("no header") == (not header)


def test_session_is_the_user_where_nobody_has_logged_in(tmp_path: Path) -> None:
    lines = [
        {"uid": f"u{n % 30}" if n % 2 else None, "article": f"a{n % 40}", "ts": 1_700_000_000_000 + n}
        | {"sessionId": f"s{n // 4}", "author": f"Author {n % 9}"}
        for n in range(300)
    ]
    found = of(tmp_path, "\n".join(map(json.dumps, lines)), "clicks.jsonl").mapping
    assert found.user == ("uid", "sessionId")
    given = of(tmp_path, "\n".join(map(json.dumps, lines)), "clicks.jsonl", columns={"user": "uid"}).mapping
    assert given.user == ("uid",)


def test_column_that_is_empty_where_the_user_is_does_not_replace_the_user(tmp_path: Path) -> None:
    rows = "".join(
        f"{f'u{n % 30},s{n}' if n % 2 else ','},i{n % 40},{1_700_000_000 + n}\n" for n in range(300)
    )
    assert of(tmp_path, f"user,session,item,ts\n{rows}").mapping.user == ("user",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device", lambda n: ("mobile", "desktop", "tablet")[n % 3]),
        ("session_number", lambda n: n),
        ("session", lambda n: n % 5 + 1),
        ("guest_name", lambda n: f"Guest {n}"),
        ("session_id", lambda n: n // 4),  # numbers that users have as well
    ],
)
def test_column_about_visitors_is_no_visitor(name: str, value, tmp_path: Path) -> None:
    rows = "".join(
        f"{n % 30 if n % 2 else ''},{value(n)},i{n % 40},{1_700_000_000 + n}\n" for n in range(300)
    )
    assert of(tmp_path, f"user_id,{name},item,ts\n{rows}").mapping.user == ("user_id",)


def test_author_is_no_visitor(tmp_path: Path) -> None:
    rows = "".join(
        f"{f'u{n % 30}' if n % 2 else ''},w{n % 9},i{n % 40},{1_700_000_000 + n}\n" for n in range(300)
    )
    assert of(tmp_path, f"user,author,item,ts\n{rows}").mapping.user == ("user",)


@pytest.mark.parametrize("name", ["progress_percent", "percentWatched", "completion", "progress"])
def test_how_much_of_an_item_was_watched_is_the_value(name: str, tmp_path: Path) -> None:
    rows = "".join(f"u{n % 30},i{n % 40},{1_700_000_000 + n},{n * 7 % 101}\n" for n in range(300))
    found = of(tmp_path, f"user,item,ts,{name}\n{rows}").mapping
    assert (found.value, found.context) == (name, ())


def test_discount_in_percent_is_no_value(tmp_path: Path) -> None:
    rows = "".join(f"u{n % 30},i{n % 40},{1_700_000_000 + n},{n * 7 % 20}\n" for n in range(300))
    assert of(tmp_path, f"user,item,ts,discount_percent\n{rows}").mapping.value == ""


@pytest.mark.parametrize("name", ["Bestellnr.", "Bestell-Nr", "Rechnungsnummer", "order_id"])
def test_order_is_found_in_german_and_gives_later_rows_its_customer(name: str, tmp_path: Path) -> None:
    rows = "".join(
        f"{n // 2};{f'K{n // 2 % 30};05.01.2024' if n % 2 == 0 else ';'};A{n * 7 % 40}\n" for n in range(300)
    )
    found = of(tmp_path, f"{name};Kunde;Datum;Artikel\n{rows}")
    assert found.mapping.order == name
    assert [one.why for one in found.left_out if one.column == name] == ["it names an order"]
    (orders,) = found.interactions.tables
    cells = [cell for batch in orders.batches() for cell in batch.column("Kunde").to_pylist()]
    assert cells[:4] == ["K0", "K0", "K1", "K1"]
