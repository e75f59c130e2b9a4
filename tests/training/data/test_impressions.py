"""Impressions of bulk and streamed interactions, counted by item."""

import pyarrow as pa

from tastemaker.ids import Ids
from tests.training import lake
from training.config_reader import read_config
from training.data.impressions import item_shown

ITEMS = Ids.build(["i00", "i01", "i02", "i03"])


def test_impressions_count_each_item_once_per_row(tmp_path) -> None:
    config = read_config(lake.build(tmp_path))
    bulk = [None, "i00|i01|i01", "i01|somebody else's", ""]
    lake.put(tmp_path, "groups/shop/datasets/INTERACTIONS/run/", pa.table({"IMPRESSION": bulk}))
    live = [*["i02|i01"] * 3, None]
    lake.put(tmp_path, "groups/shop/events/2021/", pa.table({"impression": live}))
    assert item_shown(config, tmp_path, ITEMS).tolist() == [1, 5, 3, 0]


def test_data_without_impressions_counts_no_showings(tmp_path) -> None:
    config = read_config(lake.build(tmp_path))
    assert item_shown(config, tmp_path, ITEMS).tolist() == [0, 0, 0, 0]
