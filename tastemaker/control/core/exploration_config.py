"""The rules of `itemExplorationConfig`, which campaigns, recommenders and batch inference jobs share."""

from collections.abc import Mapping

from tastemaker.errors import InvalidInput
from tastemaker.recipes import Recipe

MEMBERS = ("explorationWeight", "explorationItemAgeCutOff")


def check(recipe: Recipe, config: Mapping[str, str] | None) -> None:
    """Raises InvalidInput unless the recipe explores and the values are in range."""
    if config is None:
        return
    if not recipe.exploration:
        raise InvalidInput(
            f"itemExplorationConfig is not supported by {recipe.name}, which does not explore."
        )
    for name, text in config.items():
        if name not in MEMBERS:
            raise InvalidInput(f"itemExplorationConfig has no {name}; it has {' and '.join(MEMBERS)}.")
        try:
            value = float(text)
        except ValueError:
            raise InvalidInput(f"{name} is {text!r}; it must be a number in a string.") from None
        if name == "explorationWeight" and not 0 <= value <= 1:
            raise InvalidInput(f"explorationWeight is {text}; it must be from 0 to 1.")
        if name == "explorationItemAgeCutOff" and not value >= 1:
            raise InvalidInput(f"explorationItemAgeCutOff is {text}; it must be at least 1 day.")
