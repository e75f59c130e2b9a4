"""`config.json` as a typed value. The control plane writes it for each solution version."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tastemaker.contracts.limits import MIN_ACTIVE_USERS, MIN_INTERACTIONS
from tastemaker.contracts.training_config import BUDGET_VARIABLE
from training.errors import BadConfigError

DEFAULT_BUDGET_SECONDS = 8 * 3600.0
"""The budget of a job that is started by hand."""


@dataclass(frozen=True)
class Limits:
    """How much data is needed, and how much is read.

    The defaults are the service's own figures.
    """

    minimum_interactions: int = MIN_INTERACTIONS
    minimum_users: int = MIN_ACTIVE_USERS
    maximum_interactions: int = 3_000_000_000
    maximum_items: int = 5_000_000


@dataclass(frozen=True)
class Source:
    """One dataset: its columns as (name, column type), and its files relative to the data folder.

    `prefixes` are folders of Parquet files, and `imported` the times of their imports. `put` is a file of
    records that were put one at a time.
    """

    columns: tuple[tuple[str, str], ...]
    prefixes: tuple[str, ...]
    name_column: str | None = None
    text_column: str | None = None
    imported: tuple[float, ...] = ()
    put: str | None = None

    def column_types(self) -> dict[str, str]:
        """The type of each column, in the schema's order."""
        return dict(self.columns)


@dataclass(frozen=True)
class EventRule:
    """Which events of one type, or of all types, are trained on, and the weight of each."""

    event_type: str | None
    threshold: float | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Objective:
    """The optimization objective: a number column of items, and how much relevance it may cost.

    `sensitivity` is OFF, LOW, MEDIUM or HIGH.
    """

    attribute: str
    sensitivity: str = "OFF"


@dataclass(frozen=True)
class Search:
    """The hyperparameters to search.

    `integers` and `numbers` are ranges (low, high), and `choices` are lists of values. `named` is whether the
    solution gave the ranges itself. Otherwise they are the recipe's.
    """

    integers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trials: int = 10
    named: bool = False

    @property
    def names(self) -> list[str]:
        """The names of the hyperparameters to search."""
        return [*self.integers, *self.numbers, *self.choices]

    def __bool__(self) -> bool:
        return bool(self.names)


@dataclass(frozen=True)
class Config:
    """What to train, and from what.

    `events` are the prefixes of streamed events. `hyperparameters` and `featurization` include the recipe's
    defaults. `given` has only what the solution gives itself. `previous` is the folder of the bundle that an
    update continues from. `prepared` is the folder of events that were prepared on many machines, instead of
    interactions and streamed events.
    """

    recipe: str
    datasets: Mapping[str, Source]
    events: tuple[str, ...] = ()
    action_events: tuple[str, ...] = ()
    prepared: str | None = None
    rules: tuple[EventRule, ...] = ()
    excluded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    featurization: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    search: Search = Search()
    objective: Objective | None = None
    previous: str | None = None
    limits: Limits = Limits()
    seed: int = 0
    solution_version_arn: str = ""
    created_at: float = 0.0

    def number(self, name: str, default: float) -> float:
        """A hyperparameter that is a number. Raises BadConfigError."""
        text = self.hyperparameters.get(name)
        if text is None:
            return default
        try:
            return float(text)
        except ValueError:
            raise BadConfigError(f"The hyperparameter {name} must be a number, not {text!r}.") from None

    def count(self, name: str) -> int:
        """A hyperparameter that is a whole number, 0 if it is not given. Raises BadConfigError."""
        value = self.number(name, 0.0)
        if value < 0 or not value.is_integer():
            raise BadConfigError(
                f"The hyperparameter {name} must be a whole number of at least 0, not {value}."
            )
        return int(value)

    @property
    def budget_seconds(self) -> float:
        """The time for the passes of a network and for a search of settings. Raises BadConfigError."""
        return self.number(
            "trainingBudgetSeconds", float(os.environ.get(BUDGET_VARIABLE) or DEFAULT_BUDGET_SECONDS)
        )

    def flag(self, name: str, default: bool) -> bool:
        """A hyperparameter that is "true" or "false"."""
        return str(self.hyperparameters.get(name, default)).lower() == "true"

    def with_hyperparameters(self, chosen: Mapping[str, str]) -> Config:
        """The configuration as if the solution gave these hyperparameters too."""
        return replace(
            self, hyperparameters={**self.hyperparameters, **chosen}, given={**self.given, **chosen}
        )
