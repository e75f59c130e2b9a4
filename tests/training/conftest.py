"""A bundle of each model, trained once on the small shop."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tastemaker.models import Bundle
from tests.training import lake
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.job import fit_and_export
from training.progress import StopSignal


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Use one thread, because threads would mostly wait for each other at this size."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The shop's data, prepared."""
    root = tmp_path_factory.mktemp("lake")
    return prepare(read_config(lake.build(root)), root)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """Train a recipe on the shop once, and open its bundle."""
    made: dict[str, Bundle] = {}

    def train(recipe: str) -> Bundle:
        if recipe not in made:
            root: Path = tmp_path_factory.mktemp(recipe)
            config = read_config(lake.build(root, recipe=recipe))
            fit_and_export(config, prepare(config, root), root / "model", checkpoints=None, stop=StopSignal())
            made[recipe] = Bundle.open(root / "model")
        return made[recipe]

    return train
