"""What each package has: our source, and the Python packages that it needs.

A package is a function, the training job or the Spark job. `build.py` makes the folder that is deployed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Lambda refuses a function whose unzipped code is larger. The unit of its 250 MB is 1,048,576 bytes.
LAMBDA_LIMIT = 250 * 1024 * 1024


@dataclass(frozen=True)
class Platform:
    """Where a package runs. With only one of the manylinux tags, pip would find an old numpy."""

    architecture: str
    python: str = "3.13"

    @property
    def tags(self) -> tuple[str, ...]:
        """The platform tags of the wheels."""
        return (f"manylinux2014_{self.architecture}", f"manylinux_2_28_{self.architecture}")


@dataclass(frozen=True)
class Package:
    """`sources` are paths below the repository's root, `requirements` the path of a pinned list for pip.

    `limit` is the largest size in bytes, unzipped.
    """

    name: str
    sources: tuple[str, ...]
    requirements: str
    platform: Platform
    limit: int | None = LAMBDA_LIMIT


LAMBDA = Platform("aarch64")
# The public PyTorch 2.10 images are built for x86-64 and Python 3.13 (see training_images.json).
SAGEMAKER = Platform("x86_64")


def _function(name: str) -> Package:
    sources = ("lambdas/__init__.py", "lambdas/support", "lambdas/stores", f"lambdas/{name}", "tastemaker")
    return Package(name, sources, f"lambdas/requirements-{name}.txt", LAMBDA)


# Every function has a list of requirements.
FUNCTIONS = {
    name: _function(name)
    for name in sorted(path.stem.split("-", 1)[1] for path in (ROOT / "lambdas").glob("requirements-*.txt"))
    if name != "common"
}
TRAINING = Package(
    "training", ("training", "tastemaker"), "infrastructure/requirements-training.txt", SAGEMAKER, limit=None
)

# The Python and the processors of the EMR release. See infrastructure/distributed.py.
DISTRIBUTED = Package(
    "distributed",
    ("distributed", "lambdas/__init__.py", "lambdas/support", "lambdas/stores", "tastemaker", "training"),
    "infrastructure/requirements-distributed.txt",
    Platform("aarch64", python="3.11"),
    limit=None,
)
