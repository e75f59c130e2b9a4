"""A trained bundle gets clusters, and answers come from them."""

import shutil

import numpy as np
import pytest

from tastemaker.models import Bundle, load
from tastemaker.models.blended import Searched
from tests.training import lake
from training.algorithms import clusters

RECIPE = "aws-user-personalization-v2"


def test_small_catalog_gets_no_clusters(trained, tmp_path) -> None:
    shutil.copytree(trained(RECIPE).path, tmp_path / "copy")
    assert clusters.add(tmp_path / "copy") is None
    assert clusters.add(tmp_path / "copy", least=1) is None  # one cluster, which is read completely
    assert not list((tmp_path / "copy/model").glob("clusters.*"))


@pytest.mark.parametrize("recipe", ["aws-popularity-count", "aws-sims"])
def test_other_models_get_no_clusters(trained, tmp_path, recipe: str) -> None:
    shutil.copytree(trained(recipe).path, tmp_path / "copy")
    assert clusters.add(tmp_path / "copy", least=1, most=1.0) is None


def test_clustered_model_gives_the_same_answers(trained, tmp_path) -> None:
    shutil.copytree(trained(RECIPE).path, tmp_path / "copy")
    written = clusters.add(tmp_path / "copy", least=1, most=1.0)
    if written is None:
        pytest.skip("the blend gives the encoder no weight")
    before, after = load(trained(RECIPE)), load(Bundle.open(tmp_path / "copy"))
    history = before.bundle.history("u003")
    exact, searched = (model.scores_for(history, now=lake.START + 10_000) for model in (before, after))
    assert isinstance(searched, Searched)
    assert searched.of(searched.top(10)) == pytest.approx(exact.of(exact.top(10)), abs=1e-4)
    assert searched.log_sum() == pytest.approx(exact.log_sum(), abs=1e-4)
    assert np.allclose(searched.dense, exact.dense, atol=1e-4)
