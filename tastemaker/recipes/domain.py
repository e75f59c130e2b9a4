"""The domain use cases: recipes of recommenders in dataset groups with a domain."""

from tastemaker.recipes.custom import JUNE_2019
from tastemaker.recipes.recipe import FeatureTransformation, Recipe


def _use_case(
    name: str,
    recipe_type: str,
    description: str,
    *,
    needs_user: bool = True,
    needs_item: bool = False,
    trains_on: tuple[str, ...] = ("INTERACTIONS",),
    needs_datasets: tuple[str, ...] = ("INTERACTIONS",),
    minimum_event_type: str | None = None,
    hides: str | None = None,
    exploration: bool = False,
    model_name: str | None = None,
) -> Recipe:
    return Recipe(
        name,
        recipe_type,
        description,
        JUNE_2019,
        FeatureTransformation(name.removeprefix("aws-")),
        domain="ECOMMERCE" if name.startswith("aws-ecomm-") else "VIDEO_ON_DEMAND",
        model_name=model_name,
        needs_user=needs_user,
        needs_item=needs_item,
        trains_on=trains_on,
        needs_datasets=needs_datasets,
        minimum_event_type=minimum_event_type,
        hides=hides,
        exploration=exploration,
        auto_update=exploration or model_name == "trending",
        batch_inference=False,
    )


ALL = ("INTERACTIONS", "ITEMS", "USERS")

USE_CASES = (
    _use_case(
        "aws-ecomm-popular-items-by-views",
        "POPULAR_ITEMS",
        "Most viewed: the items that customers view most.",
        model_name="popularity",
        minimum_event_type="View",
    ),
    _use_case(
        "aws-ecomm-popular-items-by-purchases",
        "POPULAR_ITEMS",
        "Best sellers: the items that customers buy most.",
        model_name="popularity",
        minimum_event_type="Purchase",
    ),
    _use_case(
        "aws-ecomm-frequently-bought-together",
        "RELATED_ITEMS",
        "Frequently bought together: what else is bought with an item.",
        model_name="together",
        needs_user=False,
        needs_item=True,
        trains_on=("INTERACTIONS", "ITEMS"),
        minimum_event_type="Purchase",
    ),
    _use_case(
        "aws-ecomm-customers-who-viewed-x-also-viewed",
        "RELATED_ITEMS",
        "Customers who viewed X also viewed, without what the user bought already.",
        model_name="similar",
        needs_item=True,
        minimum_event_type="View",
        hides="Purchase",
    ),
    _use_case(
        "aws-ecomm-recommended-for-you",
        "USER_PERSONALIZATION",
        "Recommended for you, without what the user bought already; explores new items.",
        model_name="sequence",
        trains_on=ALL,
        hides="Purchase",
        exploration=True,
    ),
    _use_case(
        "aws-vod-because-you-watched-x",
        "RELATED_ITEMS",
        "Because you watched X: what others watched too.",
        model_name="similar",
        needs_item=True,
        minimum_event_type="Watch",
        hides="Watch",
    ),
    _use_case(
        "aws-vod-more-like-x",
        "RELATED_ITEMS",
        "More like X: titles that resemble a title.",
        model_name="similar",
        needs_item=True,
        trains_on=("INTERACTIONS", "ITEMS"),
        needs_datasets=("INTERACTIONS", "ITEMS"),
        hides="Watch",
    ),
    _use_case(
        "aws-vod-most-popular",
        "POPULAR_ITEMS",
        "Most popular: what most people watch.",
        model_name="popularity",
        minimum_event_type="Watch",
    ),
    _use_case(
        "aws-vod-trending-now",
        "POPULAR_ITEMS",
        "Trending now: titles whose audience grows fastest.",
        model_name="trending",
        needs_user=False,
    ),
    _use_case(
        "aws-vod-top-picks",
        "USER_PERSONALIZATION",
        "Top picks for you, without what the user watched already; explores new titles.",
        model_name="sequence",
        trains_on=ALL,
        needs_datasets=("INTERACTIONS", "ITEMS"),
        hides="Watch",
        exploration=True,
    ),
)
