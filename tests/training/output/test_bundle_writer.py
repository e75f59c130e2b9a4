"""A bundle is marked as complete only when it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tastemaker.models.bundle import MANIFEST, Bundle
from tastemaker.models.popularity import PopularityModel
from tests.training import lake
from tests.training.data.test_ages import fading
from training.config_reader import read_config
from training.data.ages import measure
from training.data.prepared import Prepared
from training.data.turnover import activity_of
from training.distributed.process_group import ProcessGroup
from training.errors import PeerLostError
from training.job import fit_and_export
from training.output.bundle_writer import Fitted, export
from training.progress import StopSignal


class LosesPeer(ProcessGroup):
    """Two processes with the same users. The other one is lost when its users are sent."""

    def __init__(self) -> None:
        super().__init__(0, 2)

    def _reduced(self, values: Any, how: str) -> Any:
        return values

    def gather(self, own: Any) -> list[Any]:
        return [own, own]

    def agreed(self, own: Any) -> Any:
        return own

    def _receive(self, array: Any, rank: int) -> None:
        raise PeerLostError("the other process is gone")


def test_bundle_without_the_users_of_a_lost_process_is_not_complete(tmp_path: Path, shop: Prepared) -> None:
    config = read_config(lake.build(tmp_path, recipe="aws-popularity-count"))
    data = shop.with_sequences(replace(shop.sequences, group=LosesPeer()))
    with pytest.raises(PeerLostError):
        fit_and_export(config, data, tmp_path / "model", checkpoints=None, stop=StopSignal())
    assert (tmp_path / "model/item_users.npy").exists() and not (tmp_path / "model" / MANIFEST).exists()


def test_bundle_knows_the_ages_of_the_data(tmp_path: Path, shop: Prepared) -> None:
    config = read_config(lake.build(tmp_path, recipe="aws-popularity-count"))
    data = fading(shop)
    data = replace(data, ages=measure(data))
    assert data.ages is not None
    export(Fitted(PopularityModel), data, config, tmp_path / "turning")
    export(Fitted(PopularityModel), replace(data, ages=None), config, tmp_path / "staying")
    turning, staying = Bundle.open(tmp_path / "turning"), Bundle.open(tmp_path / "staying")
    assert turning.manifest["turnover"] == data.ages.turnover._asdict()
    assert turning.activity is not None and turning.live_items is not None
    assert np.array_equal(turning.activity.last, activity_of(data).last)
    assert "turnover" not in staying.manifest
    assert staying.activity is None and staying.live_items is None
