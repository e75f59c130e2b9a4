"""What the tests train: shows what a container would see, and ends as its `mode` hyperparameter says."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    config = Path(os.environ["SM_INPUT_CONFIG_DIR"])
    mode = json.loads((config / "hyperparameters.json").read_text())["mode"]
    model, output = Path(os.environ["SM_MODEL_DIR"]), Path(os.environ["SM_OUTPUT_DIR"])
    checkpoints = Path(os.environ["SM_CHECKPOINT_DIR"])
    data = Path(os.environ["SM_CHANNEL_DATA"])
    print(f"epoch=1 loss=0.25 mode={mode}", flush=True)  # noqa: T201
    if mode == "fail":
        (output / "failure").write_text("the data is odd")
        sys.exit(3)
    if mode == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "wait":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        (model / "half.txt").write_text("half")
        time.sleep(60)
    seen = {
        "files": {
            str(file.relative_to(data)): file.read_text() for file in data.rglob("*") if file.is_file()
        },
        "restored": sorted(file.name for file in checkpoints.iterdir()),
        "channels": json.loads(os.environ["SM_CHANNELS"]),
        "config": sorted(file.name for file in config.iterdir()),
        "arguments": sys.argv[1:],
    }
    (checkpoints / "last.ckpt").write_text("state")
    (model / "nested").mkdir()
    (model / "nested" / "weights.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
