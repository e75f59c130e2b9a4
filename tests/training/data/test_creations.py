"""Items are created when the catalog tells it, or when they got their first event."""

from tastemaker.columns import CATEGORICAL, NUMBER, Columns
from tests.training.algorithms.histories import bought
from training.data.creations import CREATION_COLUMN, creations, told_creations


def test_creation_is_told_or_the_first_event_or_the_end_of_the_data() -> None:
    columns = Columns.build({CREATION_COLUMN.lower(): NUMBER}, [{CREATION_COLUMN.lower(): 5.0}, {}, {}])
    sequences = bought([(0, 10), (1, 20)], [(1, 15), (0, 30)])
    assert told_creations(columns).tolist() == [True, False, False]
    assert creations(columns, sequences).tolist() == [5, 15, 30]


def test_catalog_without_creations_tells_none() -> None:
    text = Columns.build({CREATION_COLUMN: CATEGORICAL}, [{CREATION_COLUMN: "today"}])
    assert told_creations(Columns(rows=1)).tolist() == told_creations(text).tolist() == [False]
