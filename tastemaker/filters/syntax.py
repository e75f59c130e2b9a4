"""A filter expression as data. All classes are immutable and hashable. Positions do not affect equality.

INCLUDE ItemID WHERE Items.PRICE < $CAP OR Items.TIER IN ("gold") IF CurrentUser.AGE >= 18
action  target       └ Condition ─────┘    └ Condition ─────────┘    └ Condition ───────┘
                     └ alternatives ────────────────────────────┘    └ only_if ─────────┘
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as member

INCLUDE, EXCLUDE = "INCLUDE", "EXCLUDE"

CURRENT_USER, CURRENT_ITEM = "CurrentUser", "CurrentItem"
EVENT_TYPE = "EVENT_TYPE"

FAMILIES = {
    "ItemID": ("Items", "Interactions"),
    "UserID": ("Users", "Interactions"),
    "ActionID": ("Actions", "Action_Interactions"),
}
"""Target → the datasets that it is filtered by: its own, and that of its events."""

EVENT_DATASETS = ("Interactions", "Action_Interactions")
DATASETS = ("Items", "Interactions", "Users", "Actions", "Action_Interactions", CURRENT_USER, CURRENT_ITEM)


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `dataset` is one of DATASETS, `name` is in the case of the expression."""

    dataset: str
    name: str
    position: int = member(default=0, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """The dataset and column that this reads: Users for the current user, Items for the current item."""
        owner = {CURRENT_USER: "Users", CURRENT_ITEM: "Items"}.get(self.dataset, self.dataset)
        return owner, self.name.casefold()

    def __str__(self) -> str:
        return f"{self.dataset}.{self.name}"


@dataclass(frozen=True, slots=True)
class Literals:
    """Values of the expression or of a request. A number is kept as text."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """The star: all event types."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A parameter. `name` is case-sensitive and has no dollar sign."""

    name: str


Operand = Literals | Everything | Placeholder | Field
"""A Field as an operand always belongs to the current item."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A column, an operator of `operators`, and what the column is compared with."""

    field: Field
    operator: str
    operand: Operand
    position: int = member(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression between bars. `alternatives` are joined by OR, the conditions in each by AND."""

    action: str
    target: str
    alternatives: tuple[tuple[Condition, ...], ...]
    only_if: tuple[Condition, ...] = ()
    position: int = member(default=0, compare=False)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of WHERE, in the order of the text."""
        return tuple(condition for conjunction in self.alternatives for condition in conjunction)

    @property
    def on_events(self) -> bool:
        """Whether this reads events instead of item properties."""
        return self.alternatives[0][0].field.dataset in EVENT_DATASETS

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the placeholders."""
        operands = (condition.operand for condition in (*self.conditions, *self.only_if))
        return frozenset(operand.name for operand in operands if isinstance(operand, Placeholder))
