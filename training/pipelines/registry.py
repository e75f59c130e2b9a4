"""Finding the pipeline that trains a recipe.

All modules of this package are imported here, so that a new pipeline is one new file. A recipe names its
pipeline by `Recipe.model_name`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import training.pipelines
from tastemaker.recipes import RECIPES
from training.config import Config
from training.errors import BadConfigError
from training.pipelines.base import PIPELINES, Pipeline
from training.progress import StopSignal

for _module in iter_modules(training.pipelines.__path__):
    import_module(f"training.pipelines.{_module.name}")


def pipeline(config: Config, *, checkpoints: Path | None, stop: StopSignal) -> Pipeline:
    """The pipeline of the configuration's recipe. Raises BadConfigError."""
    return kind_of(config).create(config, checkpoints, stop)


def kind_of(config: Config) -> type[Pipeline]:
    """The kind of pipeline that trains the configuration's recipe. Raises BadConfigError."""
    names = {recipe.name: recipe.model_name for recipe in RECIPES if recipe.model_name is not None}
    if config.recipe not in names:
        raise BadConfigError(
            f"The recipe {config.recipe!r} cannot be trained. These can: {', '.join(sorted(names))}."
        )
    return PIPELINES[names[config.recipe]]
