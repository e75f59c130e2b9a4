"""The processor `personalized_search_ranking`, which combines two orders of hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from typing import Any

from tastemaker.errors import AccessDenied, ResourceNotFound, TastemakerError
from tastemaker.search.errors import (
    ConfigurationError,
    InvalidArgumentError,
    ResourceMissingError,
    SearchError,
    UnavailableError,
)
from tastemaker.search.learning.shown import Candidates, ShownSearch
from tastemaker.search.pipelines import fusion
from tastemaker.search.pipelines.options import TYPE, Fusion, RankingOptions
from tastemaker.search.pipelines.ranking import Ranker, Ranking, RankingRequest
from tastemaker.search.pipelines.request import Visitor, read_visitor

EXT = "personalized_search_ranking"
"""The member of `ext` in a response that says what the processor did."""
Hit = dict[str, Any]
Response = dict[str, Any]


Record = Callable[[ShownSearch], None]
"""Stores what a page shows."""


class Processor:
    """Re-ranks responses.

    `report` is called with an error that `ignore_failure` hides. `record` is called with each page that is
    shown, so that later events can name the search instead of what it showed.
    """

    def __init__(
        self,
        ranker: Ranker,
        report: Callable[[SearchError], None] = lambda error: None,
        record: Record = lambda shown: None,
    ) -> None:
        self._ranker, self._report, self._record = ranker, report, record
        self._threads: ThreadPoolExecutor | None = None

    def process(
        self,
        options: RankingOptions,
        body: Mapping[str, Any],
        response: Response,
        start: int,
        size: int,
        index: str | None = None,
    ) -> Response:
        """Return the page `start` to `start + size` of a response in the combined order.

        The hits of the response begin with the first one, if the processor has a window, and else with that
        of the page. Raises SearchError, unless the processor has `ignore_failure`.
        """
        hits: list[Hit] = response["hits"]["hits"]
        is_windowed = options.window is not None
        first = start if is_windowed else 0
        candidates: Candidates | None = None
        try:
            if hits:
                visitor = read_visitor(body, options)
                if options.weight > 0:
                    response, candidates = self._ranked(options, visitor, response)
        except SearchError as error:
            if not options.ignore_failure:
                raise
            self._report(error)
            response = _marked(response, {"reranked": False, "reason": error.reason})
        found = response["hits"]
        page = found["hits"][first : first + size]
        if candidates is not None:
            shown = [one for hit in page if (one := item_id(hit, options)) is not None]
            self._record(
                ShownSearch(
                    recommendation_id=response["ext"][EXT]["recommendation_id"],
                    campaign_arn=options.campaign_arn,
                    source=attribution_source(options),
                    index=index or "",
                    query=body.get("query"),
                    weight=options.weight,
                    fusion=str(options.fusion),
                    start=start,
                    shown=shown,
                    candidates=candidates,
                    first=0 if is_windowed else start,
                )
            )
        return {**response, "hits": {**found, "hits": page}}

    def _ranked(
        self, options: RankingOptions, visitor: Visitor, response: Response
    ) -> tuple[Response, Candidates | None]:
        """The response in the combined order, and what was ranked; None if it took too long."""
        hits: list[Hit] = response["hits"]["hits"]
        window, rest = hits[: options.window], hits[len(hits[: options.window]) :]
        ids = [item_id(hit, options) for hit in window]
        if not any(ids):
            raise ConfigurationError.of(
                TYPE,
                None,
                "item_id_field",
                "no item ids found to apply Personalized reranking. Please check configured value for "
                "item_id_field",
            )
        ranking = self._ranking(options, visitor, [one for one in ids if one])
        if ranking is None:
            reason = f"the ranking took longer than {options.time_limit_milliseconds} ms"
            return _marked(response, {"reranked": False, "reason": reason, "timed_out": True}), None
        ordered, figures, candidates = _combined(options, window, ids, ranking)
        about: dict[str, Any] = {
            "reranked": True,
            "recommendation_id": ranking.recommendation_id,
            "event_attribution_source": attribution_source(options),
        }
        if options.explain:
            about["hits"] = figures
        found = {**response["hits"], "hits": [*ordered, *rest]}
        removed = len(window) - len(ordered)
        if removed and isinstance(found.get("total"), Mapping):
            found["total"] = {**found["total"], "value": found["total"]["value"] - removed}
        found["max_score"] = max((hit["_score"] for hit in ordered), default=None)
        return _marked({**response, "hits": found}, about), candidates

    def _ranking(self, options: RankingOptions, visitor: Visitor, ids: Sequence[str]) -> Ranking | None:
        """The ranking, or None if it takes longer than the time limit. Raises SearchError."""
        promotion = options.promotion
        request = RankingRequest(
            options.campaign_arn,
            visitor.user_id,
            ids,
            visitor.context,
            options.filter_arn,
            {**options.filter_values, **visitor.filter_values} if options.filter_arn else {},
            promotion.filter_arn if promotion else None,
            promotion.filter_values if promotion else {},
        )
        try:
            if options.time_limit_milliseconds is None:
                return self._ranker.rank(request)
            self._threads = self._threads or ThreadPoolExecutor(2, "ranking")
            waiting = self._threads.submit(self._ranker.rank, request)
            return waiting.result(options.time_limit_milliseconds / 1000)
        except LateError:
            return None
        except AccessDenied as error:
            raise InvalidArgumentError(
                f"Insufficient privileges for calling personalize campaign: {error.message}"
            ) from None
        except ResourceNotFound as error:
            raise ResourceMissingError(error.message) from None
        except TastemakerError as error:
            if error.status >= 500:
                raise UnavailableError(error.message) from None
            raise InvalidArgumentError(error.message) from None


def attribution_source(options: RankingOptions) -> str:
    """The source that events name so that metric attribution reports by processor and weight."""
    return f"search/{options.tag or 'untagged'}/weight-{options.weight:g}"


def item_id(hit: Hit, options: RankingOptions) -> str | None:
    """The item of a hit: its `_id`, or the member of its document that the processor names."""
    if options.item_id_field is None:
        return hit.get("_id")
    value = (hit.get("_source") or {}).get(options.item_id_field)
    return None if value is None else str(value)


def _combined(
    options: RankingOptions, hits: Sequence[Hit], ids: Sequence[str | None], ranking: Ranking
) -> tuple[list[Hit], list[dict[str, Any]], Candidates]:
    """The hits in the combined order, without those that the filter excludes, why, and all candidates."""
    ranks = {one: rank for rank, one in enumerate(ranking.scores, 1)}
    kept = [
        place for place, one in enumerate(ids) if one is None or one in ranks or options.filter_arn is None
    ]
    personal = [ranks.get(ids[place] or "") for place in kept]
    candidates = Candidates(
        [ids[place] for place in kept],
        [float(hits[place].get("_score") or 0.0) for place in kept],
        personal,
        [ranking.scores.get(ids[place] or "") for place in kept],
    )
    if options.fusion is Fusion.RANKS:
        scores = fusion.combine_ranks(personal, options.weight)
    else:
        scores = fusion.combine_scores(candidates.search_scores, candidates.personal_scores, options.weight)
    order = sorted(range(len(kept)), key=lambda one: -scores[one])
    if options.promotion is not None:
        promoted = [one for one in order if ids[kept[one]] in ranking.promoted]
        order = fusion.interleaved(order, promoted, options.promotion.percent)
    ordered, figures = [], []
    for one in order:
        hit, score = hits[kept[one]], fusion.json_score(float(scores[one]))
        ordered.append({**hit, "_score": score})
        figures.append(
            {
                "_id": hit.get("_id"),
                "score": score,
                "search_rank": one + 1,
                "search_score": hit.get("_score"),
                "personalized_rank": personal[one],
                "personalized_score": ranking.scores.get(ids[kept[one]] or ""),
                **({"promoted": True} if ids[kept[one]] in ranking.promoted else {}),
            }
        )
    return ordered, figures, candidates


def _marked(response: Response, about: Mapping[str, Any]) -> Response:
    return {**response, "ext": {**(response.get("ext") or {}), EXT: dict(about)}}
