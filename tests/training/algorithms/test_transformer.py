"""Training the transformer: reproducible, better with time, restartable, and within its budget."""

import numpy as np
import pytest
import torch

from tests.training.algorithms.histories import sequences
from training.algorithms import trainer, transformer
from training.data.prepared import Prepared
from training.data.split import validation_cases, without
from training.errors import StoppedError
from training.progress import StopSignal

PLAN = transformer.Plan(seconds=600.0, passes=3, width=16)


def fit(shop: Prepared, plan: transformer.Plan = PLAN, **options) -> transformer.Result:
    cases = validation_cases(shop.sequences, 0)
    return transformer.fit(shop, without(shop.sequences, cases, whole=False), cases, plan, 0, **options)


def weights(result: transformer.Result) -> np.ndarray:
    return np.concatenate([p.detach().numpy().ravel() for p in result.network.parameters()])


def test_same_seed_gives_the_same_weights(shop: Prepared) -> None:
    assert np.array_equal(weights(fit(shop)), weights(fit(shop)))


def test_more_passes_predict_better(shop: Prepared) -> None:
    long = transformer.Plan(seconds=600.0, passes=12, width=16)
    assert fit(shop, long).reached > fit(shop, transformer.Plan(600.0, passes=1, width=16)).reached


def test_large_catalog_is_trained_against_sampled_items(
    shop: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = transformer.Plan(seconds=600.0, passes=12, width=16)
    monkeypatch.setattr(trainer, "FULL_SOFTMAX_ITEMS", 0)
    sampled = fit(shop, long).reached
    assert sampled > 0.5


def test_interrupted_training_continues_and_gives_the_same_weights(shop: Prepared, tmp_path) -> None:
    class AfterTwo(StopSignal):
        """Ends the job when the second pass has left its checkpoint."""

        def check(self) -> None:
            path = tmp_path / "transformer.pt"
            if path.exists() and len(torch.load(path, weights_only=True)["course"]["reached"]) == 2:
                raise StoppedError("enough")

    with pytest.raises(StoppedError):
        fit(shop, checkpoints=tmp_path, stop=AfterTwo())
    assert np.array_equal(weights(fit(shop, checkpoints=tmp_path)), weights(fit(shop)))


def test_checkpoint_of_another_training_is_not_read(shop: Prepared, tmp_path) -> None:
    fit(shop, transformer.Plan(600.0, passes=1, width=8), checkpoints=tmp_path)
    assert np.array_equal(weights(fit(shop, checkpoints=tmp_path)), weights(fit(shop)))


def test_budget_ends_training_after_the_first_pass(
    shop: Prepared, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(shop, transformer.Plan(seconds=0.0, passes=50, width=16))
    assert capsys.readouterr().out.count("pass ") == 1


def test_log_names_the_budget_that_ends_training(shop: Prepared, capsys: pytest.CaptureFixture[str]) -> None:
    fit(shop, transformer.Plan(seconds=0.0, width=16))
    because = "because the time budget (training.budgetMinutes) allows no more passes"
    assert f"the training ends after pass 1, {because}" in capsys.readouterr().out.splitlines()


def test_stop_signal_ends_training_within_a_pass(shop: Prepared) -> None:
    stop = StopSignal()
    stop.requested = True
    with pytest.raises(StoppedError):
        fit(shop, stop=stop)


def test_short_histories_get_two_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = [0, 1] * 4, [0, 1] * 10
    assert transformer.networks_for(sequences(short, short, [])) == 2
    assert transformer.networks_for(sequences(long, long)) == 1
    monkeypatch.setattr(transformer, "MAX_EVENTS_OF_TWO", 10)
    assert transformer.networks_for(sequences(short, short)) == 1
