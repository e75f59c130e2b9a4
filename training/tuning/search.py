"""Automatic tuning (performHPO): a search among hyperparameters, judged on validation data.

Suggestions come from Optuna's tree-structured Parzen estimator (Bergstra et al., "Algorithms for
hyper-parameter optimization", 2011). Trials are kept in a JSON file. The sampler is seeded anew for each
trial and given all previous ones, so that a job that is restarted tries the same values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from training.config import Search
from training.distributed.process_group import SINGLE, ProcessGroup
from training.progress import Clock, StopSignal, duration, log

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

RANDOM = 4
"""The number of trials that are drawn at random before the sampler learns from them."""

Values = Mapping[str, str]


@dataclass(frozen=True)
class Trial:
    """The hyperparameters of a trial as strings, and the objective that they reached."""

    values: dict[str, str]
    reached: float


def mapped(search: Search, names: set[str]) -> Search:
    """The search without hyperparameters that the model lacks."""
    for name in sorted(set(search.names) - names):
        log(f"tuning: {name} has no counterpart in this model and is left alone")
    return replace(
        search,
        integers={name: bounds for name, bounds in search.integers.items() if name in names},
        numbers={name: bounds for name, bounds in search.numbers.items() if name in names},
        choices={name: values for name, values in search.choices.items() if name in names},
    )


def run(
    search: Search,
    defaults: Values,
    objective: Callable[[Values, int], float],
    *,
    seconds: float,
    seed: int,
    journal: Path | None = None,
    stop: StopSignal | None = None,
    group: ProcessGroup = SINGLE,
) -> tuple[int, Trial]:
    """The number of the best trial and the trial itself: the highest `objective(values, number)`.

    If the solution names no ranges, trial 0 has no values, which is a training without tuning. Next, or
    first, come the recipe's `defaults`, moved into the ranges. No trial begins that would end after `seconds`
    at the pace of the slowest one. Trials in the `journal` are not repeated. The processes of a group try the
    same values, those of the leader, which has the journal and the clock. Raises StoppedError.
    """
    fingerprint = f"{search} {seed}"
    trials = group.agreed(_read(journal, fingerprint))
    clock, slowest = Clock(), 0.0
    for number in range(len(trials), search.trials):
        if stop is not None:
            stop.check()
        if group.agreed(number > 0 and clock.seconds() + slowest > seconds):
            log(f"tuning: {number} of {search.trials} trials fit into {duration(seconds)}")
            break
        began = clock.seconds()
        values = group.agreed(_next(search, defaults, trials, seed))
        known = next((trial.reached for trial in trials if trial.values == values), None)
        reached = group.agreed(objective(values, number) if known is None else known)
        trials.append(Trial(values, reached))
        slowest = max(slowest, clock.seconds() - began)
        best = max(trial.reached for trial in trials)
        shown = ", ".join(f"{name} {value}" for name, value in values.items()) or "as the data decide"
        left = duration(slowest * (search.trials - number - 1))
        log(f"tuning: trial {number + 1}/{search.trials} {shown}: {reached:.4f} best {best:.4f} left {left}")
        _write(journal, fingerprint, trials)
    place = max(range(len(trials)), key=lambda at: trials[at].reached)
    return place, trials[place]


def _next(search: Search, defaults: Values, trials: list[Trial], seed: int) -> dict[str, str]:
    if not trials and not search.named:
        return {}
    tried = [trial for trial in trials if trial.values]
    if not tried:
        return _inside(search, defaults)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=(seed + len(trials)) % 2**32, n_startup_trials=RANDOM)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    distributions = _distributions(search)
    for trial in tried:
        parameters = {name: _typed(search, name, text) for name, text in trial.values.items()}
        study.add_trial(
            optuna.trial.create_trial(params=parameters, distributions=distributions, value=trial.reached)
        )
    return {name: str(value) for name, value in study.ask(distributions).params.items()}


def _distributions(search: Search) -> dict[str, BaseDistribution]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    return {
        **{name: IntDistribution(*bounds) for name, bounds in search.integers.items()},
        **{name: FloatDistribution(*bounds) for name, bounds in search.numbers.items()},
        **{name: CategoricalDistribution(values) for name, values in search.choices.items()},
    }


def _typed(search: Search, name: str, text: str) -> int | float | str:
    if name in search.integers:
        return int(text)
    return float(text) if name in search.numbers else text


def _inside(search: Search, defaults: Values) -> dict[str, str]:
    """The defaults, or the values nearest to them within the ranges."""
    found = {
        name: str(min(max(int(float(defaults.get(name, low))), low), high))
        for name, (low, high) in search.integers.items()
    }
    for name, (low, high) in search.numbers.items():
        found[name] = str(min(max(float(defaults.get(name, low)), low), high))
    for name, values in search.choices.items():
        found[name] = defaults[name] if defaults.get(name) in values else values[0]
    return found


def _read(journal: Path | None, fingerprint: str) -> list[Trial]:
    if journal is None or not journal.exists():
        return []
    state = json.loads(journal.read_text(encoding="utf-8"))
    if state["search"] != fingerprint:
        return []
    log(f"tuning: going on after {len(state['trials'])} trials")
    return [Trial(one["values"], one["reached"]) for one in state["trials"]]


def _write(journal: Path | None, fingerprint: str, trials: list[Trial]) -> None:
    if journal is None:
        return
    journal.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "search": fingerprint,
        "trials": [{"values": one.values, "reached": one.reached} for one in trials],
    }
    beside = journal.with_suffix(".writing")
    beside.write_text(json.dumps(state, indent=1), encoding="utf-8")
    beside.replace(journal)
