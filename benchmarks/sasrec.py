"""RecTools' SASRec as a program of its own: its PyTorch and ours need not be the same.

    PYTHON benchmarks/sasrec.py FOLDER EPOCHS

PYTHON has `RecTools[torch]`. Reads FOLDER/given.npz (events to train on, histories to ask with) and writes
FOLDER/found.json: ten items for each user asked about, and the CPU seconds of training.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np


def main(folder: Path, epochs: int) -> None:
    """Train on one thread and answer."""
    warnings.filterwarnings("ignore")
    import pandas as pd
    import torch
    from pytorch_lightning import Trainer, seed_everything
    from rectools import Columns
    from rectools.dataset import Dataset
    from rectools.models import SASRecModel

    torch.set_num_threads(1)
    seed_everything(0)
    given = np.load(folder / "given.npz")

    def table(users: np.ndarray, items: np.ndarray, times: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(
            {
                Columns.User: users,
                Columns.Item: items,
                Columns.Weight: 1.0,
                Columns.Datetime: pd.to_datetime(times, unit="s"),
            }
        )

    def trainer() -> Trainer:
        return Trainer(
            max_epochs=epochs,
            min_epochs=epochs,
            deterministic=True,
            accelerator="cpu",
            enable_progress_bar=False,
            enable_model_summary=False,
            logger=False,
            enable_checkpointing=False,
        )

    events = table(given["users"], given["items"], given["times"])
    began = time.process_time()
    model = SASRecModel(
        n_factors=64,
        n_blocks=2,
        n_heads=2,
        session_max_len=100,
        lr=0.001,
        batch_size=128,
        loss="softmax",
        deterministic=True,
        get_trainer_func=trainer,
        recommend_torch_device="cpu",
    )
    model.fit(Dataset.construct(events))
    cpu = time.process_time() - began
    order = np.arange(len(given["asked_items"]))  # histories are in order; equal times would lose it
    asked = table(given["asked_users"], given["asked_items"], order)
    known = asked[asked[Columns.Item].isin(set(given["items"].tolist()))]
    users = np.intersect1d(given["cases"], known[Columns.User])
    found = model.recommend(
        users,
        Dataset.construct(known),
        k=10,
        filter_viewed=not bool(given["seen"]),
        on_unsupported_targets="warn",
    )
    lists = found.groupby(Columns.User)[Columns.Item].apply(list)
    said = {"cpu": cpu, "lists": {str(user): [int(item) for item in items] for user, items in lists.items()}}
    (folder / "found.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
