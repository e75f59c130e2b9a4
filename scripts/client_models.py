"""Writes clients/models: the models that boto3 and the AWS CLI need besides their own.

    python -m scripts.client_models            writes the folder
    python -m scripts.client_models --check    fails if the folder is not up to date

The source is `tastemaker/wire/extensions`, which has the layout that botocore's `AWS_DATA_PATH` requires. The
functions read the source, clients read the copy.
"""

import shutil
import sys
from pathlib import Path

from tastemaker.wire.models import EXTENSIONS

TARGET = Path(__file__).parents[1] / "clients" / "models"


def contents(folder: Path) -> dict[str, bytes]:
    """Path below `folder` → content of every file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def main() -> int:
    """Write the models, or compare them with `--check`."""
    if "--check" in sys.argv[1:]:
        return 0 if contents(TARGET) == contents(EXTENSIONS) else 1
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(EXTENSIONS, TARGET)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
