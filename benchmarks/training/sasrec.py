"""RecTools' SASRec as a separate program, because its PyTorch and ours may differ.

    PYTHON benchmarks/training/sasrec.py FOLDER RATE BATCH EPOCHS [EPOCHS ...]

PYTHON has `RecTools[torch]`. The program reads FOLDER/given.npz (the training events, and the histories to
ask with). It writes FOLDER/found.json: after each of these numbers of epochs, ten items for each user, and
the CPU seconds of training so far.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def table(users: np.ndarray, items: np.ndarray, times: np.ndarray) -> pd.DataFrame:
    """Return interactions as RecTools reads them. Times are in seconds."""
    import pandas as pd
    from rectools import Columns

    return pd.DataFrame(
        {
            Columns.User: users,
            Columns.Item: items,
            Columns.Weight: 1.0,
            Columns.Datetime: pd.to_datetime(times, unit="s"),
        }
    )


def sasrec(rate: float, batch: int, *, epochs: int) -> Any:
    """Return RecTools' model with our width, layers and heads."""
    from pytorch_lightning import Trainer
    from rectools.models import SASRecModel

    def trainer() -> Trainer:
        return Trainer(
            max_epochs=epochs,
            deterministic=True,
            accelerator="cpu",
            enable_progress_bar=False,
            enable_model_summary=False,
            logger=False,
            enable_checkpointing=False,
        )

    return SASRecModel(
        n_factors=64,
        n_blocks=2,
        n_heads=2,
        session_max_len=100,
        lr=rate,
        batch_size=batch,
        loss="softmax",
        deterministic=True,
        get_trainer_func=trainer,
        recommend_torch_device="cpu",
    )


def main(folder: Path, rate: float, batch: int, stages: list[int]) -> None:
    """Train on one thread, and answer after each of these numbers of epochs."""
    warnings.filterwarnings("ignore")
    import torch
    from pytorch_lightning import seed_everything
    from rectools import Columns
    from rectools.dataset import Dataset

    torch.set_num_threads(1)
    seed_everything(0)
    given = np.load(folder / "given.npz")
    events = table(given["users"], given["items"], given["times"])
    began = time.process_time()
    model = sasrec(rate, batch, epochs=stages[-1])
    training = Dataset.construct(events)
    cpu = time.process_time() - began
    order = np.arange(len(given["asked_items"]))  # histories are in order, which equal times would not keep
    asked = table(given["asked_users"], given["asked_items"], order)
    known = asked[asked[Columns.Item].isin(set(given["items"].tolist()))]
    users = np.intersect1d(given["cases"], known[Columns.User])
    answers, done = [], 0
    for stage in stages:
        began = time.process_time()
        model.fit_partial(training, min_epochs=stage - done, max_epochs=stage - done)
        cpu, done = cpu + time.process_time() - began, stage
        found = model.recommend(
            users,
            Dataset.construct(known),
            k=10,
            filter_viewed=not bool(given["seen"]),
            on_unsupported_targets="warn",
        )
        lists = found.groupby(Columns.User)[Columns.Item].apply(list)
        by_user = {str(user): [int(item) for item in items] for user, items in lists.items()}
        answers.append({"epochs": stage, "cpu": cpu, "lists": by_user})
    (folder / "found.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), [int(stage) for stage in sys.argv[4:]])
