"""The table of training images has the URIs of the SageMaker SDK."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from infrastructure.packaging.packages import ROOT, SAGEMAKER
from infrastructure.training import IMAGES


@pytest.mark.slow  # imports the SageMaker SDK
def test_table_equals_that_of_the_sagemaker_sdk() -> None:
    # In a process of its own: the SDK takes seconds to import, and warns of things that are not ours.
    script = "import json, scripts.training_images as t; print('\\n' + json.dumps(t.table()))"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1]) == json.loads(IMAGES.read_text())


def test_wheels_of_the_job_fit_the_python_of_the_image() -> None:
    tag = "py" + SAGEMAKER.python.replace(".", "")
    images = json.loads(IMAGES.read_text())
    assert all(image[kind].endswith(tag) for image in images.values() for kind in ("cpu", "gpu"))
