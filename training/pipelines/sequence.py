"""User-Personalization and Personalized-Ranking: a transformer, blended with fast models."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.sequence import SequenceModel
from tastemaker.models.weights import pack
from training.algorithms import blend, linear, merging, returns, transitions
from training.algorithms import context as context_tables
from training.config import Config, Search
from training.data.prepared import Prepared, Sequences
from training.data.split import Cases, validation_cases, without
from training.output.bundle_writer import Fitted
from training.pipelines.base import Pipeline, fitted_model
from training.pipelines.update import UpdatePipeline
from training.progress import StopSignal
from training.tuning import rewards as objectives
from training.tuning import search as tuning
from training.tuning import settings

if TYPE_CHECKING:
    from training.algorithms.network import Network
    from training.algorithms.transformer import Plan, Result

PARTS = ("encoder", "transitions", "linear", "repeat", "seen", "popularity", "context")
NEXT_SEED = 1000
"""The difference between the seeds of two networks of one training."""

MAX_BPTT = 32
"""The largest value of the recipes' `bptt`. Our own window is longer."""


@dataclass(frozen=True)
class Attempt:
    """What one setting reached on validation data. Its networks differ by their seeds."""

    config: Config
    plan: Plan
    results: list[Result]
    choice: blend.Choice


class SequencePipeline(Pipeline):
    """The pipeline of User-Personalization and Personalized-Ranking.

    `tune` withholds the newest events of up to 2,000 users, trains the transformer on the rest until it
    predicts those events no better, fits the simple models on the same data, and chooses the blend. Where
    histories are short, it trains two transformers and averages their logits. `fit`
    fits the simple models on the given data, and trains the transformer on it for a quarter as long again,
    from where `tune` ended. With performHPO, `tune` does so for each setting that it tries, and each may take
    an equal share of the time.
    """

    model_name = "sequence"
    shares_users = True

    @classmethod
    def create(cls, config: Config, checkpoints: Path | None, stop: StopSignal) -> Pipeline:
        """The pipeline of a full training, or of an update if the configuration names a previous bundle."""
        return (UpdatePipeline if config.previous else cls)(config, checkpoints, stop)

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        from training.algorithms import transformer  # torch takes seconds to import; other recipes need none

        super().__init__(config, checkpoints, stop)
        self.transformer = transformer
        self.seconds = config.budget_seconds
        self.best: Attempt | None = None

    def plan(self, config: Config, seconds: float) -> Plan:
        """How long to train which network, by which steps. Raises BadConfigError."""
        from training.algorithms.steps import Steps

        return self.transformer.Plan(
            seconds=seconds,
            passes=config.count("trainingPasses"),
            width=settings.width(config),
            window=settings.chosen(config, "bptt") or self.transformer.Plan.window,
            steps=Steps(
                config.count("trainingStepTokens"),
                config.flag("trainingBfloat16", False),
                config.hyperparameters.get("trainingCompiler", ""),
            ),
        )

    def tune(self, prepared: Prepared) -> None:
        """Train with withheld events, and choose the blend on them, for one setting or for many."""
        prepared = self._filtered(prepared)
        cases = validation_cases(prepared.sequences, self.config.seed)
        search = tuning.mapped(self.config.search, {"hidden_dimension", "bptt", *settings.RECENCY})
        if search:
            self.best = self._searched(search, prepared, cases)
        else:
            self.best = self._attempt(self.config, prepared, cases, self.seconds, self.checkpoints)
        self.config = self.best.config

    def fit(self, prepared: Prepared) -> Fitted:
        """Fit the blend on all of this data that the percentiles of history length allow."""
        assert self.best is not None, "`tune` must be called first"
        prepared = self._filtered(prepared)
        results = self.best.results
        plan = replace(self.best.plan, seconds=self.seconds / len(results))
        refined = [
            self.transformer.refine(
                prepared, result, prepared.sequences, plan, self._seed(number), stop=self.stop
            )
            for number, result in enumerate(results)
        ]
        return self._assemble(prepared, [one.network for one in refined], self.best.choice.parts)

    def _searched(self, search: Search, prepared: Prepared, cases: Cases) -> Attempt:
        """The best attempt of the search. Only its checkpoint is kept."""
        given, share = self.config, self.seconds / search.trials
        best: tuple[int, Attempt] | None = None

        def tried(values: Mapping[str, str], number: int) -> Attempt:
            config, folder = given.with_hyperparameters(values), self._trial_folder(number)
            return self._attempt(config, prepared, cases, share, folder)

        def reached(values: Mapping[str, str], number: int) -> float:
            nonlocal best
            one, lost = tried(values, number), number
            if best is None or one.choice.reached > best[1].choice.reached:
                lost, best = (-1 if best is None else best[0]), (number, one)
            folder = self._trial_folder(lost)
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            return one.choice.reached

        number, trial = tuning.run(
            search,
            given.hyperparameters,
            reached,
            seconds=self.seconds,
            seed=given.seed,
            journal=self.checkpoints / "tuning.json" if self.checkpoints else None,
            stop=self.stop,
            group=prepared.sequences.group,
        )
        # If the best trial belongs to a run that was killed, its checkpoint restores it.
        found = best[1] if best is not None and best[0] == number else tried(trial.values, number)
        self.tuned = {name: self._in_force(found, name) for name in search.names}
        return found

    def _in_force(self, attempt: Attempt, name: str) -> str:
        """The value of a hyperparameter in an attempt, including values that the data decided."""
        if name == "hidden_dimension" and name not in attempt.config.given:
            return str(attempt.plan.width)
        if name == "bptt" and name not in attempt.config.given:
            return str(min(attempt.plan.window, MAX_BPTT))
        return attempt.config.hyperparameters[name]

    def _trial_folder(self, number: int) -> Path | None:
        return self.checkpoints / f"trial-{number:02}" if self.checkpoints else None

    def _attempt(
        self, config: Config, prepared: Prepared, cases: Cases, seconds: float, checkpoints: Path | None
    ) -> Attempt:
        training = prepared.with_sequences(without(prepared.sequences, cases, whole=False))
        count = config.count("trainingNetworks") or self.transformer.networks_for(training.sequences)
        plan = self.plan(config, seconds / count).for_data(training.sequences.total())
        results = [
            self.transformer.fit(
                prepared,
                training.sequences,
                cases,
                plan,
                self._seed(number),
                checkpoints=checkpoints / f"network-{number}" if checkpoints and number else checkpoints,
                stop=self.stop,
            )
            for number in range(count)
        ]
        networks = [result.network for result in results]
        fitted = self._assemble(training, networks, {name: {"weight": 1.0} for name in PARTS})
        with fitted_model(fitted, training, config) as model:
            assert isinstance(model, SequenceModel)
            agreed = prepared.sequences.group.agreed  # processors may round differently
            choice = agreed(blend.choose(model, prepared, cases))
            model.parts = choice.parts
            return Attempt(config, plan, results, agreed(self._rewarded(model, choice, prepared, cases)))

    def _rewarded(
        self, model: SequenceModel, choice: blend.Choice, prepared: Prepared, cases: Cases
    ) -> blend.Choice:
        """The choice with the weights of the optimization objective, if there is one."""
        wanted, item_rewards = self.config.objective, objectives.rewards(self.config.objective, prepared)
        if wanted is None or item_rewards is None:
            return choice
        weights = objectives.weights(model, item_rewards, wanted.sensitivity, prepared, cases)
        return replace(choice, parts={**choice.parts, "objective": weights})

    def _seed(self, number: int) -> int:
        """The seed of one of the networks of a training."""
        return self.config.seed + NEXT_SEED * number

    def _filtered(self, prepared: Prepared) -> Prepared:
        return prepared.with_sequences(settings.filter_by_history_length(self.config, prepared.sequences))

    def _assemble(
        self, prepared: Prepared, networks: Sequence[Network], parts: Mapping[str, Mapping[str, float]]
    ) -> Fitted:
        items, ages = len(prepared.items), prepared.ages
        rows = {
            "transitions": transitions.fit(prepared.sequences, items),
            "linear": linear.fit(prepared.sequences, items, seed=self.config.seed),
        }
        flat, layout = pack(merging.merged(networks))
        shape, count = networks[0].shape, len(networks)
        item_rewards = objectives.rewards(self.config.objective, prepared)
        table = context_tables.fit(prepared) if "context" in parts else None
        if table is None:
            parts = {name: one for name, one in parts.items() if name != "context"}
        metadata = {
            "parts": parts,
            **({} if item_rewards is None else {"objective": item_rewards.to_json()}),
            **({} if table is None else {"contextTable": prepared.context_space.to_json()}),
            **({} if ages is None else {"ages": ages.to_json()}),
            "typicalGap": prepared.sequences.typical_gap(),
            "trainedTypes": prepared.trained_types,
            "unknownTypes": prepared.unknown_types,
            "encoder": {
                "width": shape.width * count,
                "layers": shape.layers,
                "heads": shape.heads * count,
                "networks": count,
                "window": shape.window,
                "weights": layout,
            },
            "itemFeatures": prepared.item_space.to_json(),
            "userFeatures": prepared.user_space.to_json(),
            "context": prepared.context_space.to_json(),
        }
        arrays = {
            "encoder": flat,
            "item_vectors": np.concatenate([item_vectors(one, prepared.sequences) for one in networks], 1),
            "item_bias": merging.biases(networks),
            "return_rates": returns.fit(prepared.sequences, items),
            **({} if ages is None else {"item_counted": ages.counted(prepared.sequences)}),
            "user_features.offsets": prepared.user_features.offsets,
            "user_features.codes": prepared.user_features.codes,
            "user_features.weights": prepared.user_features.weights,
            **({} if table is None else table.arrays()),
        }
        return Fitted(SequenceModel, metadata, arrays, rows)


def item_vectors(network: Network, sequences: Sequences) -> NDArray[np.float32]:
    """The vectors of all items: float32[items, width].

    An item without events gets only its attributes' vector, because its own was never trained.
    """
    import torch

    network.eval()
    with torch.no_grad():
        table = network.table()
        unseen = np.flatnonzero(sequences.counts(len(table)) == 0)
        where = torch.from_numpy(unseen).to(table.device)
        table = table.clone()
        table[where] -= network.ids[where]
    vectors: NDArray[np.float32] = table.float().cpu().numpy()
    return vectors
