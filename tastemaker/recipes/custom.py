"""The custom recipes, for any dataset group."""

from tastemaker.recipes.recipe import FeatureTransformation, Parameter, Recipe

JUNE_2019 = 1560124800.0
JULY_2021 = 1626307200.0
AUGUST_2021 = 1629849600.0
OCTOBER_2022 = 1664582400.0
AUGUST_2023 = 1691712000.0
JANUARY_2024 = 1704067200.0
NOVEMBER_2025 = 1764460800.0
"""When the service says that it created each recipe, in outputs that public notebooks recorded in 2024."""

BOOLEANS = ("true", "false")
RECENCY_BIAS = Parameter("apply_recency_bias", "categorical", "true", values=BOOLEANS)
RECENCY_MASK = Parameter("recency_mask", "categorical", "true", values=BOOLEANS, tunable=True)
BPTT = Parameter("bptt", "integer", "32", 2, 32, tunable=True)


def hidden_dimension(default: str, tunable: bool = True) -> Parameter:
    """The size of the network's vectors."""
    return Parameter("hidden_dimension", "integer", default, 32, 256, tunable=tunable)


def share(name: str, default: str, tunable: bool = False) -> Parameter:
    """A parameter from 0 to 1."""
    return Parameter(name, "continuous", default, 0, 1, tunable=tunable)


HISTORY_LENGTHS = (
    share("min_user_history_length_percentile", "0.0"),
    share("max_user_history_length_percentile", "0.99"),
)
PERCENTILES = FeatureTransformation("JSON-percentile-filtering", HISTORY_LENGTHS)
SIMS = FeatureTransformation(
    "sims",
    (
        share("min_user_history_length_percentile", "0.005"),
        share("max_user_history_length_percentile", "0.995"),
        share("min_item_interaction_count_percentile", "0.01"),
        share("max_item_interaction_count_percentile", "0.9"),
    ),
)
TREND_FREQUENCIES = ("30 minutes", "1 hour", "2 hours", "3 hours", "1 day")
TRENDING = FeatureTransformation(
    "trending-now",
    (Parameter("trend_discovery_frequency", "categorical", "2 hours", values=TREND_FREQUENCIES),),
)
COLDSTART = FeatureTransformation(
    "featurize_coldstart",
    (
        *HISTORY_LENGTHS,
        Parameter("cold_start_max_interactions", "integer", "15", 0, 1_000_000),
        Parameter("cold_start_max_duration", "continuous", "5.0", 0, 1_000_000),
        Parameter(
            "cold_start_relative_from", "categorical", "currentTime", values=("currentTime", "latestItem")
        ),
    ),
)

CUSTOM = (
    Recipe(
        "aws-user-personalization-v2",
        "USER_PERSONALIZATION",
        "Ranks the whole catalog for a user by a transformer over the user's newest events.",
        JANUARY_2024,
        FeatureTransformation("user-personalization-v2"),
        (RECENCY_BIAS,),
        model_name="sequence",
        needs_user=True,
        event_weights=True,
        auto_update=True,
        free_metadata=True,
    ),
    Recipe(
        "aws-user-personalization",
        "USER_PERSONALIZATION",
        "Ranks the whole catalog for a user and explores new items.",
        JUNE_2019,
        PERCENTILES,
        (hidden_dimension("149"), BPTT, RECENCY_MASK),
        model_name="sequence",
        needs_user=True,
        update_mode=True,
        objective=True,
        exploration=True,
        auto_update=True,
    ),
    Recipe(
        "aws-popularity-count",
        "USER_PERSONALIZATION",
        "Recommends the items that most users interacted with, the same to everyone.",
        JUNE_2019,
        SIMS,
        model_name="popularity",
        trains_on=("INTERACTIONS",),
    ),
    Recipe(
        "aws-trending-now",
        "POPULAR_ITEMS",
        "Recommends the items whose interactions grow fastest between two windows of time.",
        OCTOBER_2022,
        TRENDING,
        algorithm="aws-trending-now-custom",
        model_name="trending",
        trains_on=("INTERACTIONS",),
        auto_update=True,
        batch_inference=False,
    ),
    Recipe(
        "aws-personalized-ranking-v2",
        "PERSONALIZED_RANKING",
        "Puts a list of items into the order that suits a user, by a transformer over the user's events.",
        JANUARY_2024,
        FeatureTransformation("personalized-ranking-v2"),
        (RECENCY_BIAS,),
        model_name="sequence",
        call="GetPersonalizedRanking",
        needs_user=True,
        event_weights=True,
        promotions=False,
        free_metadata=True,
    ),
    Recipe(
        "aws-personalized-ranking",
        "PERSONALIZED_RANKING",
        "Puts a list of items into the order that suits a user.",
        JUNE_2019,
        PERCENTILES,
        (hidden_dimension("149"), BPTT, RECENCY_MASK),
        model_name="sequence",
        call="GetPersonalizedRanking",
        needs_user=True,
        objective=True,
        promotions=False,
    ),
    Recipe(
        "aws-similar-items",
        "RELATED_ITEMS",
        "Recommends items that go with an item, from users' histories and from the items' attributes.",
        JUNE_2019,
        FeatureTransformation("similar-items"),
        (
            share("popularity_discount_factor", "0.0"),
            Parameter("item_id_hidden_dim", "integer", "100", 30, 200, tunable=True, settable=False),
            Parameter("item_metadata_hidden_dim", "integer", "100", 30, 200, tunable=True, settable=False),
        ),
        model_name="similar",
        needs_item=True,
        trains_on=("INTERACTIONS", "ITEMS"),
        themes=True,
    ),
    Recipe(
        "aws-sims",
        "RELATED_ITEMS",
        "Recommends items that the same users interacted with.",
        JUNE_2019,
        SIMS,
        (
            share("popularity_discount_factor", "0.5", tunable=True),
            Parameter("min_cointeraction_count", "integer", "3", 0, 10, tunable=True),
        ),
        model_name="similar",
        needs_item=True,
        trains_on=("INTERACTIONS",),
    ),
    Recipe(
        "aws-semantic-similarity",
        "RELATED_ITEMS",
        "Recommends items whose texts mean something alike.",
        NOVEMBER_2025,
        FeatureTransformation("aws-semantic-similarity"),
        model_name="semantic",
        needs_item=True,
        needs_datasets=("ITEMS",),
        trains_on=("INTERACTIONS", "ITEMS"),
        incremental_update=True,
        free_metadata=True,
        ranking_influence=True,
        promotions=False,
    ),
    Recipe(
        "aws-next-best-action",
        "PERSONALIZED_ACTIONS",
        "Recommends the actions that a user will most likely take.",
        AUGUST_2023,
        FeatureTransformation(
            "next-best-action", (Parameter("action_optimization_period", "integer", "14", 7, 28),)
        ),
        model_name="actions",
        call="GetActionRecommendations",
        needs_user=True,
        needs_datasets=("INTERACTIONS", "ACTIONS"),
        trains_on=("INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS"),
        auto_update=True,
        batch_inference=False,
        promotions=False,
    ),
    Recipe(
        "aws-item-affinity",
        "USER_SEGMENTATION",
        "Finds the users who are most likely to interact with an item.",
        JULY_2021,
        FeatureTransformation("item-affinity"),
        (hidden_dimension("149", tunable=False),),
        model_name="affinity",
        call=None,
        batch_inference=False,
        batch_segment=True,
    ),
    Recipe(
        "aws-item-attribute-affinity",
        "USER_SEGMENTATION",
        "Finds the users who are most likely to interact with items that have certain attributes.",
        AUGUST_2021,
        FeatureTransformation("item-attribute-affinity"),
        (hidden_dimension("149", tunable=False),),
        model_name="affinity",
        call=None,
        needs_datasets=("INTERACTIONS", "ITEMS"),
        batch_inference=False,
        batch_segment=True,
    ),
    Recipe(
        "aws-hrnn",
        "USER_PERSONALIZATION",
        "Legacy: the name by which programs of 2019 ask for what aws-user-personalization-v2 does.",
        JUNE_2019,
        PERCENTILES,
        (hidden_dimension("43"), BPTT, RECENCY_MASK),
        model_name="sequence",
        needs_user=True,
    ),
    Recipe(
        "aws-hrnn-metadata",
        "USER_PERSONALIZATION",
        "Legacy: the name by which programs of 2019 ask for what aws-user-personalization-v2 does.",
        JUNE_2019,
        FeatureTransformation("featurize_metadata", HISTORY_LENGTHS),
        (hidden_dimension("43"), BPTT, RECENCY_MASK),
        model_name="sequence",
        needs_user=True,
    ),
    Recipe(
        "aws-hrnn-coldstart",
        "USER_PERSONALIZATION",
        "Legacy: the name by which programs of 2019 ask for what aws-user-personalization does.",
        JUNE_2019,
        COLDSTART,
        (hidden_dimension("149"), BPTT, RECENCY_MASK),
        model_name="sequence",
        needs_user=True,
        exploration=True,
        auto_update=True,
    ),
)
