"""What a filter expression says, as data. All classes are immutable and hashable, whatever their position.

INCLUDE ItemID WHERE Items.PRICE < $CAP OR Items.TIER IN ("gold") IF CurrentUser.AGE >= 18
action  target       └ Condition ─────┘    └ Condition ─────────┘    └ Condition ───────┘
                     └ alternatives ────────────────────────────┘    └ only_if ─────────┘
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as member

INCLUDE, EXCLUDE = "INCLUDE", "EXCLUDE"
IN, NOT_IN = "IN", "NOT IN"
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")

CURRENT_USER, CURRENT_ITEM = "CurrentUser", "CurrentItem"
EVENT_TYPE = "EVENT_TYPE"

FAMILIES = {
    "ItemID": ("Items", "Interactions"),
    "UserID": ("Users", "Interactions"),
    "ActionID": ("Actions", "Action_Interactions"),
}
"""Which datasets a target is filtered by: what it is, and what was done with it."""

EVENT_DATASETS = ("Interactions", "Action_Interactions")
DATASETS = ("Items", "Interactions", "Users", "Actions", "Action_Interactions", CURRENT_USER, CURRENT_ITEM)


@dataclass(frozen=True, slots=True)
class Field:
    """A column: `dataset` is one of DATASETS, `name` is in the writer's own case."""

    dataset: str
    name: str
    position: int = member(default=0, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """The dataset and column that this reads; the current user's are of Users, the item's of Items."""
        owner = {CURRENT_USER: "Users", CURRENT_ITEM: "Items"}.get(self.dataset, self.dataset)
        return owner, self.name.casefold()

    def __str__(self) -> str:
        return f"{self.dataset}.{self.name}"


@dataclass(frozen=True, slots=True)
class Literals:
    """Values written in the expression, or put there from a request. A number is kept as its text."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """The star: every event type."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A parameter; `name` is without its dollar, and case matters."""

    name: str


Operand = Literals | Everything | Placeholder | Field
"""A Field as an operand is always one of the current item."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A column compared with something; `operator` is IN, NOT_IN or one of COMPARISONS."""

    field: Field
    operator: str
    operand: Operand
    position: int = member(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Expression:
    """One part between bars. `alternatives` are joined by OR, the conditions within each by AND."""

    action: str
    target: str
    alternatives: tuple[tuple[Condition, ...], ...]
    only_if: tuple[Condition, ...] = ()
    position: int = member(default=0, compare=False)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Those of WHERE, in the order written."""
        return tuple(condition for conjunction in self.alternatives for condition in conjunction)

    @property
    def on_events(self) -> bool:
        """Whether this reads what the user did rather than what the items are."""
        return self.alternatives[0][0].field.dataset in EVENT_DATASETS

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the placeholders."""
        operands = (condition.operand for condition in (*self.conditions, *self.only_if))
        return frozenset(operand.name for operand in operands if isinstance(operand, Placeholder))
