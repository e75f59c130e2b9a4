"""Which environment variables of jobs and functions a request may set.

On AWS a container or a sandbox runs the program. Here it runs as the user, so a request must not choose which
program, library or module is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

JOB_VARIABLES = ("TEXT_MODEL", "TEXT_MODEL_REGION", "TRAINING_BUDGET_SECONDS")
"""What the training program reads and a request may set.

Everything else is dropped, because libraries read variables of their own: with `MASTER_ADDR`, for example, a
program would exchange pickled objects with another machine, and with `SM_MODEL_DIR` it would write its model
into any folder.
"""

_RESERVED_PREFIXES = (
    *("PYTHON", "LD_", "DYLD_", "AWS_", "TASTEMAKER_LOCAL_", "GIT_", "GCONV_", "GLIBC_", "BASH_FUNC_"),
    *("SSL_", "TORCH", "XDG_"),
)
_RESERVED = {
    "ALL_PROXY",
    "BASH_ENV",
    "CC",
    "CURL_CA_BUNDLE",
    "CXX",
    "ENV",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LAMBDA_TASK_ROOT",
    "NO_PROXY",
    "OPENSSL_CONF",
    "PATH",
    "REQUESTS_CA_BUNDLE",
    "SHELL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "_HANDLER",
}


def of_job(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a training job that its program receives."""
    return {name: value for name, value in variables.items() if name in JOB_VARIABLES}


def without_reserved(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a function, without those that choose its program, endpoint or credentials."""
    return {name: value for name, value in variables.items() if not is_reserved(name)}


def is_reserved(name: str) -> bool:
    """Whether a request cannot set the variable."""
    return name.upper() in _RESERVED or name.upper().startswith(_RESERVED_PREFIXES)
