"""Trained bundles with the ages of a catalog that turns over, without a training on one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from tastemaker.ids import save_array
from tastemaker.models import Bundle
from training.data.prepared import Ages


def aged(bundle: Bundle, ages: Ages, folder: Path) -> Bundle:
    """A copy of a bundle in a folder, whose model has these ages. Its items are worth equally much."""
    shutil.copytree(bundle.path, folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["model"]["ages"] = ages.to_json()
    manifest["turnover"] = ages.turnover._asdict()
    counted = np.ones((2, len(bundle.items)), np.float32)
    for name, array in {"item_activity": np.stack(ages.activity), "model/item_counted": counted}.items():
        (folder / f"{name}.npy").unlink(missing_ok=True)
        save_array(folder / f"{name}.npy", array)
    (folder / "bundle.json").unlink()
    (folder / "bundle.json").write_text(json.dumps(manifest))
    return Bundle.open(folder)
