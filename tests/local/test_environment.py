"""Variables that a request may set in the environment of a job or function."""

import re
from pathlib import Path

import pytest

from local.environment import JOB_VARIABLES, of_job, without_reserved
from tastemaker.contracts.training_config import BUDGET_VARIABLE

INFRASTRUCTURE = Path(__file__).parents[2] / "infrastructure" / "training.py"


def test_reserved_variables_are_dropped_and_others_kept():
    given = {"PYTHONPATH": "x", "path": "x", "LD_PRELOAD": "x", "DYLD_INSERT_LIBRARIES": "x", "TABLE": "t"}
    assert without_reserved(given | {"AWS_ACCESS_KEY_ID": "x", "_HANDLER": "x"}) == {"TABLE": "t"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "AWS_ENDPOINT_URL",
            "aws_endpoint_url_s3",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_PROFILE",
            "AWS_CA_BUNDLE",
        ),
        *(
            "HTTPS_PROXY",
            "https_proxy",
            "NO_PROXY",
            "BASH_FUNC_ls%%",
            "CXX",
            "SSL_CERT_FILE",
            "TORCH_EXTENSIONS_DIR",
        ),
    ],
)
def test_function_cannot_choose_where_it_sends_or_what_it_loads(name):
    assert without_reserved({name: "x"}) == {}


def test_job_gets_what_the_training_reads_and_nothing_else():
    attack = {
        "SM_MODEL_DIR": "/home",
        "SAGEMAKER_BASE_DIR": "/",
        "MASTER_ADDR": "evil.example",
        "WORLD_SIZE": "2",
        "RANK": "0",
    }
    assert of_job({**attack, "TEXT_MODEL": "amazon.titan-embed-text-v2:0", "PATH": "x"}) == {
        "TEXT_MODEL": "amazon.titan-embed-text-v2:0"
    }


def test_every_variable_that_the_template_sets_reaches_the_job():
    source = INFRASTRUCTURE.read_text()
    (environment,) = re.findall(r"    def _environment\(self\).*?\n\n", source, re.DOTALL)
    names = re.findall(r'[{ ]"?([A-Z_]{4,})"?: ', environment)
    set_by_the_template = [BUDGET_VARIABLE if name == "BUDGET_VARIABLE" else name for name in names]
    assert sorted(set_by_the_template) == sorted(JOB_VARIABLES)
