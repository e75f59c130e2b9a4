"""Limits that more than one package enforces."""

MIN_INTERACTIONS = 1_000
"""Interactions that a training needs."""
MIN_ACTIVE_USERS = 25
"""Users with two interactions or more that a training needs."""

MAX_RESULTS = 500
"""Items of one answer, of one ranking's input, and of one line of a batch job."""
MAX_RESULTS_WITH_METADATA = 50
"""The same for requests with `metadataColumns`."""
MAX_METADATA_COLUMNS = 10
MAX_ACTIONS = 100
"""Actions of one answer of GetActionRecommendations."""
MAX_ID_LENGTH = 256
"""Characters of a user, item or action id."""
