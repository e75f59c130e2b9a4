"""Variables of jobs and functions: what a request may set in the environment of a process of this machine.

On AWS a container or a sandbox runs the program. Here it runs as the user, so a request must not choose which
program, library or module is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

_RESERVED_PREFIXES = ("PYTHON", "LD_", "DYLD_", "AWS_LAMBDA_", "TASTEMAKER_LOCAL_", "GIT_", "GCONV_")
_RESERVED = {
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "BASH_ENV",
    "ENV",
    "HOME",
    "LAMBDA_TASK_ROOT",
    "OPENSSL_CONF",
    "PATH",
    "SHELL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "_HANDLER",
}


def without_reserved(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a request, less those that decide what runs and with which credentials."""
    return {name: value for name, value in variables.items() if not is_reserved(name)}


def is_reserved(name: str) -> bool:
    """Whether a request cannot set the variable."""
    return name.upper() in _RESERVED or name.upper().startswith(_RESERVED_PREFIXES)
