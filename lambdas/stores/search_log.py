"""The log of personalized searches: what each page showed, by recommendation ID.

Every page leaves its items in the impression log, so that events can name the search. If the stage keeps a
log of searches, the page also leaves a row with the key `search`: the query, the processor, and both orders
of its hits (`ShownSearch`). A query is what a person typed, so the stage says how many days it is kept. A row
does not contain the user.
"""

from lambdas.stores.impression_log import ImpressionTable
from tastemaker.search.learning.shown import LOG_KEY, LOG_MEMBER, ShownSearch


class SearchLog:
    """Records pages in the background, in the table of the impression log. `days` 0 keeps no queries."""

    def __init__(self, table: ImpressionTable, days: int) -> None:
        self._table, self._days = table, days

    def record(self, shown: ShownSearch) -> None:
        """Store a page. The caller does not wait and never sees an error."""
        self._table.record(shown.recommendation_id, shown.campaign_arn, shown.shown)
        if self._days:
            members = {LOG_MEMBER: {"B": shown.encoded()}}
            self._table.store(shown.recommendation_id, LOG_KEY, members, self._days)
