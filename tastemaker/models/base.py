"""What every model offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.bundle import Bundle, History
from tastemaker.models.scores import Dense, Scores

MODELS: dict[str, type[Model]] = {}
"""Every model by its `model_name`, which is also the member `kind` of its bundle."""

MANY_USERS = 1 << 20


class Asker(NamedTuple):
    """A user who is answered together with others: see the arguments of `Model.score_user`."""

    history: History
    context: Mapping[str, str] | None = None
    user_index: int = -1


class Model:
    """A model that scores the whole catalog: float32[items], higher is better, on a logarithmic scale.

    A subclass registers itself in `MODELS` by its `model_name`. The flags tell the caller which ids the model
    needs, whether its scores mean something to a person, and whether its lists prefer live items.
    """

    model_name: ClassVar[str]
    needs_user: ClassVar[bool] = False
    needs_item: ClassVar[bool] = False
    has_scores: ClassVar[bool] = False
    prefers_live_items: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.model_name in MODELS:
            raise TypeError(f"{cls.__name__} and {MODELS[cls.model_name].__name__} are both {cls.model_name}")
        MODELS[cls.model_name] = cls

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    @property
    def users_together(self) -> int:
        """How many users to score together for the highest speed. It may exceed the size of any group."""
        return MANY_USERS

    @property
    def bytes_per_item(self) -> int:
        """The bytes for each item that the scores of one of many users take until they are answered."""
        return 4

    def score_user(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> NDArray[np.float32]:
        """The scores for a user with this history at the time `now` (epoch seconds): float32[items].

        `user_index` is -1 if the bundle does not know the user.
        """
        raise NotImplementedError(f"The model {self.model_name} does not answer for a user.")

    def scores_for(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> Scores:
        """The same scores, for an answer that may not need all of them."""
        return Dense(self.score_user(history, now=now, context=context, user_index=user_index))

    def scores_together(self, askers: Sequence[Asker], *, now: int) -> list[Scores]:
        """The scores of several users. They may be computed faster than one after the other."""
        return [self.scores_for(history, now=now, context=c, user_index=user) for history, c, user in askers]

    def score_item(self, item_index: int) -> NDArray[np.float32]:
        """The scores for an item page: float32[items]. `item_index` is -1 for an unknown item."""
        raise NotImplementedError(f"The model {self.model_name} does not answer for an item.")
