"""The scores of a blend, computed only as far as an answer needs them.

An item's score is the product of its vector with the user's vector, plus what is the same for every user (its
bias and popularity), plus what a few items get because they follow from the user's own items. What the parts
add to all other items alike is left out, because it changes neither the order nor the shares of a softmax.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.masks import Mask
from tastemaker.models.clusters import Clusters, Found, Static
from tastemaker.models.extras import Extra
from tastemaker.models.group_masks import GroupMasks
from tastemaker.models.scores import Array, Asked, Dense, Known, Scores, log_sum
from tastemaker.models.topk import top_k

PRODUCTS = 1 << 22
"""The number of products of one multiplication: 16 MB."""

MAX_PRODUCTS = 1 << 25
"""The number of products that are kept for users who are scored together: 128 MB."""

SEARCHED_TOGETHER = 64
"""The users of a clustered catalog who are searched for together, if memory allows."""

MAX_READ = (256 << 20) // 24
"""The items that searches read together: 256 MB, at 24 bytes for an item that one search reads."""


class Blended(Scores):
    """The scores of a blend over the whole catalog.

    `vectors` is float32[items, width], and `vector` is float32[width]. `static` is float32[items], the same
    for every user.
    """

    def __init__(self, vectors: Array, vector: Array, static: Array, extra: Extra) -> None:
        self._vectors, self._vector, self._static, self._extra = vectors, vector, static, extra

    def __len__(self) -> int:
        return len(self._static)

    @property
    def dense(self) -> Array:
        return self._whole.dense

    @cached_property
    def _whole(self) -> Dense:
        return self._with_rest(self._vectors @ self._vector)

    def _with_rest(self, products: Array) -> Dense:
        products += self._static
        products[self._extra.items] += self._extra.values
        return Dense(products)

    def best(self, count: int, allowed: Mask | None = None) -> tuple[NDArray[np.int64], Array]:
        return self._whole.best(count, allowed)

    def log_sum(self, allowed: Mask | None = None) -> float:
        return self._whole.log_sum(allowed)

    def of(self, items: Sequence[int] | NDArray[np.integer]) -> Array:
        if "_whole" in self.__dict__:
            return self._whole.of(items)
        wanted = np.asarray(items, np.intp)
        scores = self._static[wanted]
        scores += self._vectors.take(wanted, axis=0) @ self._vector
        scores += self._extra.of(wanted)
        return scores

    @classmethod
    def multiply(cls, users: Sequence[Blended]) -> None:
        """Compute the scores of users of one model with matrix products, which are faster than one by one.

        Of a very large catalog, only those of the first users are computed; others follow when they are read.
        """
        if not users:
            return
        items = max(len(users[0]), 1)
        users, size = users[: MAX_PRODUCTS // items], max(PRODUCTS // items, 1)
        for start in range(0, len(users), size):
            some = users[start : start + size]
            products = np.stack([one._vector for one in some]) @ some[0]._vectors.T
            for one, row in zip(some, products, strict=True):
                one.__dict__["_whole"] = one._with_rest(row)


class Searched(Blended):
    """The scores of a blend over a clustered catalog.

    The best items are searched for. The divisor of a softmax is exact for the items that were read, and
    estimated for the rest.
    """

    def __init__(
        self, vectors: Array, vector: Array, static: Static, extra: Extra, clusters: Clusters
    ) -> None:
        super().__init__(vectors, vector, static.values, extra)
        self._by_cluster, self._clusters, self._query = static, clusters, vector
        self._last: tuple[Mask | None, tuple[NDArray[np.int64], Array, float]] | None = None

    def best(self, count: int, allowed: Mask | None = None) -> tuple[NDArray[np.int64], Array]:
        items, scores, _ = self._found(allowed)
        if np.count_nonzero(scores > -np.inf) < count:  # few items are allowed, or the answer is long
            return super().best(count, allowed)
        best = top_k(scores, count)
        if len(best):  # order equal scores by position, even if only some of them are among the best
            best = np.flatnonzero(scores >= scores[best[-1]])
        best = best[np.lexsort((items[best], -scores[best]))][:count]
        return items[best], scores[best]

    def log_sum(self, allowed: Mask | None = None) -> float:
        if "_whole" in self.__dict__:
            return super().log_sum(allowed)
        _, scores, rest = self._found(allowed)
        return float(np.logaddexp(log_sum(scores), rest))

    def _found(self, allowed: Mask | None) -> tuple[NDArray[np.int64], Array, float]:
        """The items that were read with their scores, and the estimate for all others."""
        if self._last is None or self._last[0] is not allowed:
            self._last = allowed, self._search(allowed)
        return self._last[1]

    @classmethod
    def answers(cls, users: Sequence[Self], asked: Sequence[Asked]) -> list[Known]:
        found: list[Known] = []
        size = searched_together(users[0]._clusters)
        for start in range(0, len(users), size):
            group, wanted = users[start : start + size], asked[start : start + size]
            cls._search_together(group, [one.allowed for one in wanted])
            for user, one in zip(group, wanted, strict=True):
                items, scores = user.best(one.most, one.allowed)
                # A long answer needs all scores. They take much memory, and a live request sums before them.
                user.__dict__.pop("_whole", None)
                found.append(Known(items, scores, user.log_sum(one.summed)))
                user._last = None  # what was read takes much memory
        return found

    @staticmethod
    def _search_together(users: Sequence[Searched], allowed: Sequence[Mask | None]) -> None:
        for static in {id(user._by_cluster): user._by_cluster for user in users}.values():
            pairs = [pair for pair in zip(users, allowed, strict=True) if pair[0]._by_cluster is static]
            vectors = np.stack([user._query for user, _ in pairs])
            found = pairs[0][0]._clusters.search_together(vectors, static, [mask for _, mask in pairs])
            for (user, mask), one in zip(pairs, found, strict=True):
                user._last = mask, user._with_extra(one, mask)

    def _search(self, allowed: Mask | None) -> tuple[NDArray[np.int64], Array, float]:
        return self._with_extra(self._clusters.search(self._query, self._by_cluster, allowed), allowed)

    def _with_extra(self, found: Found, allowed: Mask | None) -> tuple[NDArray[np.int64], Array, float]:
        """What was found, with what some items get in addition."""
        clusters, (told, more) = self._clusters, self._extra
        if allowed is not None:
            told, more, _ = GroupMasks([allowed], len(self)).applied(told, more.copy(), np.array([len(told)]))
        told, more, late = self._with_late(told, more, allowed)
        places = np.full(len(told), -1)
        places[:late] = clusters.places(found, told[:late])
        read = places >= 0
        found.scores[places[read]] += more[read]
        told, more = told[~read], more[~read]
        scores = self._vectors.take(told, axis=0) @ self._query
        scores += self._static[told]
        scores += more
        return np.concatenate([found.items, told]), np.concatenate([found.scores, scores]), found.rest

    def _with_late(
        self, told: NDArray[np.int64], more: Array, allowed: Mask | None
    ) -> tuple[NDArray[np.int64], Array, int]:
        """The extra items with all items that came after the clusters were made, and where those begin.

        Returns positions, values, and the number of extra items that the clusters cover.
        """
        covered = len(self._clusters)
        if covered == len(self):
            return told, more, len(told)
        old = told < covered
        late = np.arange(covered, len(self))
        extra = np.zeros(len(late), more.dtype)
        extra[told[~old] - covered] = more[~old]
        if allowed is not None:
            through = allowed.take(late)
            late, extra = late[through], extra[through]
        return np.append(told[old], late), np.append(more[old], extra), int(old.sum())


def searched_together(clusters: Clusters) -> int:
    """How many users may be searched for together, so that they read at most MAX_READ items."""
    read = int(clusters.share * len(clusters))
    return max(1, min(SEARCHED_TOGETHER, MAX_READ // max(read, 1)))
