"""Write `infrastructure/training_images.json`: the URIs of AWS's PyTorch training images, by region.

The SageMaker SDK has the URIs, but its import takes five seconds, which is too long for every synthesis. So a
file keeps them, and a test compares it with the SDK. Run `python scripts/training_images.py` after a change
of the version below or of the SDK.
"""

from __future__ import annotations

import json
from pathlib import Path

VERSION = "2.10.0"
"""The exact version: a tag such as 2.10 moves to the next patch release."""
TABLE = Path(__file__).resolve().parent.parent / "infrastructure" / "training_images.json"
# The SDK chooses the image by an instance type.
INSTANCES = {"cpu": "ml.m5.xlarge", "gpu": "ml.g5.xlarge"}


def table() -> dict[str, dict[str, str]]:
    """Region → `account` of the registry, and the image URIs for `cpu` and `gpu`."""
    import sagemaker.core
    from sagemaker.core import image_uris

    config = Path(sagemaker.core.__file__).parent / "image_uri_config" / "pytorch.json"
    versions = json.loads(config.read_text())["training"]["versions"]
    registries = versions[VERSION]["registries"]
    return {
        region: {
            "account": account,
            **{
                processor: image_uris.retrieve(
                    "pytorch", region, version=VERSION, instance_type=instance, image_scope="training"
                )
                for processor, instance in INSTANCES.items()
            },
        }
        for region, account in sorted(registries.items())
    }


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), indent=2) + "\n")
