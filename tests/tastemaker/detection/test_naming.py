"""Names of columns."""

import pytest

from tastemaker.detection.naming import ITEM, ROLES, TIME, USER, field_name, is_known_name, is_personal, score


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("customer", USER), ("uid", USER), ("user_pseudo_id", USER), ("author.steamid", USER),
        ("Kundennummer", USER), ("visitorid", USER), ("reviewerID", USER), ("sku", ITEM),
        ("Lineitem sku", ITEM), ("StockCode", ITEM), ("movieId", ITEM), ("spotify_track_uri", ITEM),
        ("properties.product_id", ITEM), ("when", TIME), ("created_at", TIME), ("t_dat", TIME),
        ("unixReviewTime", TIME), ("InvoiceDate", TIME),
    ],
)  # fmt: skip
def test_name_fits_one_role_best(name: str, role: str) -> None:
    assert max(ROLES, key=lambda one: score(one, name)) == role and score(role, name) >= 5


@pytest.mark.parametrize("name", ["updated_at", "release_date", "signup_date", "birthdate", "ms_played"])
def test_other_times_are_hardly_times_of_events(name: str) -> None:
    assert score(TIME, name) <= 4


@pytest.mark.parametrize("name", ["user_agent", "user_country", "price", "order_id", "description"])
def test_column_beside_the_user_is_not_the_user(name: str) -> None:
    assert score(USER, name) == 0


def test_personal_data_are_known_by_name() -> None:
    assert all(map(is_personal, ("Billing Street", "phone", "First Name", "ip_address", "context.ip")))
    assert not any(map(is_personal, ("country", "brand", "title")))


def test_first_row_with_a_usual_name_is_a_header() -> None:
    assert is_known_name("userId") and not is_known_name("ann") and not is_known_name("42")


def test_fields_have_distinct_names_in_capitals() -> None:
    assert field_name("items.item_name") == "ITEM_NAME"
    assert field_name("Lineitem price") == "PRICE"
    assert field_name("Größe") == "GROSSE" or field_name("Größe") == "GROE"
    assert field_name("2023 sales") == "C_2023_SALES"
    assert field_name("Pri_ce", {"PRICE"}) == "PRI_CE_2"
