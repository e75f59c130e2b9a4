"""Keeps what docs/recipes.md says of each recipe's needs and parameters as the catalog has it.

python -m scripts.recipes            writes the tables under each recipe's heading; prose is by hand
python -m scripts.recipes --check    fails if a table is not what would be written
"""

import re
from pathlib import Path

from scripts.generated import write_or_check
from tastemaker.recipes import RECIPES, Parameter, Recipe

PAGE = Path(__file__).parents[1] / "docs" / "recipes.md"
BEGIN, END = "<!-- from the catalog -->", "<!-- by hand -->"
BLOCK = re.compile(rf"(?<=^### `)([a-z0-9-]+)`\n+{BEGIN}\n.*?{END}", re.MULTILINE | re.DOTALL)
NAMES = {
    "INTERACTIONS": "Interactions",
    "ITEMS": "Items",
    "USERS": "Users",
    "ACTIONS": "Actions",
    "ACTION_INTERACTIONS": "Action interactions",
}


def page(text: str) -> str:
    """The page with every recipe's tables made anew."""
    by_name = {recipe.name: recipe for recipe in RECIPES}

    def made(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"{name}`\n\n{BEGIN}\n{facts(by_name[name])}\n{END}"

    return BLOCK.sub(made, text)


def facts(recipe: Recipe) -> str:
    """Two tables: what the recipe needs and serves, and its parameters."""
    rows = [
        ("type", f"`{recipe.type}`" + (f", domain `{recipe.domain}`" if recipe.domain else "")),
        ("answers", _answers(recipe)),
        ("needs", _needs(recipe)),
        ("learns from", _listed(recipe.trains_on)),
        ("can", "; ".join(_abilities(recipe)) or "–"),
    ]
    lines = ["| | |", "| --- | --- |", *(f"| {name} | {said} |" for name, said in rows)]
    both = (*recipe.hyperparameters, *recipe.feature_transformation.parameters)
    if both:
        lines += ["", "| parameter | default | range | tuned by `performHPO` |", "| --- | --- | --- | --- |"]
        lines += [_parameter(one) for one in both]
    return "\n".join(lines)


def _answers(recipe: Recipe) -> str:
    if recipe.call is None:
        return "batch segment jobs only"
    ids = [name for name, asked in (("userId", recipe.needs_user), ("itemId", recipe.needs_item)) if asked]
    return f"`{recipe.call}`" + (f" with {' and '.join(f'`{name}`' for name in ids)}" if ids else "")


def _needs(recipe: Recipe) -> str:
    said = _listed(recipe.needs_datasets)
    if "INTERACTIONS" in recipe.needs_datasets:
        kind = f" of type `{recipe.minimum_event_type}`" if recipe.minimum_event_type else ""
        said += f"; 1,000 interactions{kind}, 25 users with two or more"
    return said


def _abilities(recipe: Recipe) -> list[str]:
    said = {
        "batch inference": recipe.batch_inference,
        "segments": recipe.batch_segment,
        "promotions": recipe.promotions and recipe.call is not None,
        "exploration": recipe.exploration,
        "refresh between trainings": recipe.refreshed,
        "`UPDATE`": recipe.update_mode,
        "`eventsConfig`": recipe.event_weights,
        "`optimizationObjective`": recipe.objective,
        "`rankingInfluence`": recipe.ranking_influence,
        f"hides what the user did as `{recipe.hides}`": recipe.hides is not None,
    }
    return [name for name, able in said.items() if able]


def _parameter(one: Parameter) -> str:
    values = ", ".join(f"`{value}`" for value in one.values)
    span = values if one.parameter_type == "categorical" else f"{one.low:,.10g} to {one.high:,.10g}"
    tuned = ("yes" if one.settable else "yes, and set by nothing else") if one.tunable else ""
    return f"| `{one.name}` | {one.default} | {span} | {tuned} |"


def _listed(datasets: tuple[str, ...]) -> str:
    return ", ".join(NAMES[name] for name in datasets)


def main() -> int:
    """Write the tables, or compare them with `--check`."""
    return write_or_check(PAGE, page(PAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    raise SystemExit(main())
