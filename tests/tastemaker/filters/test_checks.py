import pytest

from tastemaker.filters import FilterError, check, parse
from tests.tastemaker.filters.shop import SCHEMAS


@pytest.mark.parametrize(
    ("expression", "problem", "position"),
    [
        ('EXCLUDE ItemID WHERE Items.ADULT IN ("true")', "Items.ADULT is boolean", 21),
        ("EXCLUDE ItemID WHERE Items.ADULT = 1", "Items.ADULT is boolean", 21),
        ('EXCLUDE ItemID WHERE Items.DESCRIPTION IN ("x")', "Items.DESCRIPTION is textual", 21),
        (
            'EXCLUDE ItemID WHERE Items.COLOR IN ("x")',
            "Items has no column COLOR; it has AISLE, BRAND, ",
            21,
        ),
        ('EXCLUDE ItemID WHERE Items.BRAND = "x"', r'Items.BRAND is text.* Items.BRAND IN \("value"\)', 21),
        ("EXCLUDE ItemID WHERE Items.BRAND = $X", "Items.BRAND is text", 21),
        ("EXCLUDE ItemID WHERE Items.BRAND > 5", "Items.BRAND is text", 21),
        ('EXCLUDE ItemID WHERE Items.PRICE > "cheap"', 'Items.PRICE is a number, and "cheap" is not', 21),
        ('EXCLUDE ItemID WHERE Items.PRICE IN ("cheap")', 'Items.PRICE is a number, and "cheap" is not', 21),
        ("EXCLUDE ItemID WHERE Items.PRICE > CurrentItem.BRAND", "are not both numbers or both text", 35),
        ("EXCLUDE ItemID WHERE Items.BRAND IN CurrentItem.NONE", "Items has no column NONE", 36),
        ('EXCLUDE ItemID WHERE Items.BRAND IN ("x") IF CurrentUser.PLAN > 3', "CurrentUser.PLAN is text", 45),
        ('EXCLUDE ItemID WHERE Items.BRAND IN ("x") IF CurrentUser.X > 3', "Users has no column X", 45),
    ],
)
def test_check_rejects_conditions_that_do_not_fit_the_columns(expression, problem, position):
    with pytest.raises(FilterError, match=problem) as caught:
        check(parse(expression), SCHEMAS)
    assert caught.value.position == position


@pytest.mark.parametrize(
    "expression",
    [
        'EXCLUDE ItemID WHERE items.brand IN ("x") IF CurrentUser.plan = "plus"',
        "EXCLUDE ItemID WHERE Items.PRICE IN ('5', '6')",
        "EXCLUDE ItemID WHERE Items.ITEM_ID IN ($IDS)",
        "EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN (*)",
    ],
)
def test_check_accepts_valid_filters(expression):
    assert check(parse(expression), SCHEMAS) is None


def test_check_names_a_missing_dataset():
    with pytest.raises(FilterError, match="has no Items dataset"):
        check(parse("EXCLUDE ItemID WHERE Items.PRICE > 5"), {"INTERACTIONS": SCHEMAS["INTERACTIONS"]})


RELATED = parse("EXCLUDE ItemID WHERE Items.PRICE > CurrentItem.PRICE")
USERS = parse('EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("x")')


def test_current_item_is_only_for_related_items_recipes():
    assert check(RELATED, recipe_type="RELATED_ITEMS") is None
    with pytest.raises(FilterError, match=r"CurrentItem\.PRICE is for recipes of related items only"):
        check(RELATED, recipe_type="USER_PERSONALIZATION")


def test_check_rejects_recipes_with_another_target():
    assert check(USERS, recipe_type="USER_SEGMENTATION") is None
    with pytest.raises(FilterError, match="RELATED_ITEMS is filtered by ItemID, not by UserID"):
        check(USERS, recipe_type="RELATED_ITEMS")


def test_item_attribute_affinity_rejects_filters_on_interactions():
    with pytest.raises(FilterError, match="takes no filter on Interactions"):
        check(USERS, recipe_type="USER_SEGMENTATION", recipe_name="aws-item-attribute-affinity")
