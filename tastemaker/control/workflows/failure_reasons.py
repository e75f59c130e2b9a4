"""The `failureReason` of a record, from the error that Step Functions reports."""

import json
import re
import signal
from collections.abc import Mapping
from typing import Any

MAX_LENGTH = 1000
_QUOTA_ERRORS = ("SageMaker.ResourceLimitExceededException",)
_QUOTA_PAGE = "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas"
_BARE = re.compile(r"^(?:builtins\.)?[A-Z]\w*(?:Error|Exception)$")


def reason_of(error: Mapping[str, Any] | None) -> str:
    """The reason in one sentence.

    `error` is {"Error", "Cause"}. The cause is the JSON of a failed function or of a training job, or text.
    """
    error = error or {}
    name, cause = str(error.get("Error") or ""), error.get("Cause") or ""
    document = _parsed(cause)
    if "errorMessage" in document:
        text = str(document["errorMessage"])
        error_type = str(document.get("errorType", ""))
        # The message of a built-in error says little without its type: that of a KeyError is just the key.
        if _BARE.match(error_type) and " " not in text:
            text = f"{error_type}: {text}" if text else ""
        text = text.strip() or f"The work failed with {error_type or name or 'an error'} and no message."
    elif document.get("FailureReason"):
        text = _of_job(str(document["FailureReason"]))
    elif document.get("TrainingJobStatus") == "Stopped":
        text = "The training job was stopped."
    elif name in _QUOTA_ERRORS:
        text = f"{str(cause).strip()} Request it here: {_QUOTA_PAGE}"
    elif name == "States.Timeout":
        text = "The work took longer than it may."
    else:
        text = str(cause) or name or "The work failed for an unknown reason."
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def _parsed(cause: Any) -> Mapping[str, Any]:
    if isinstance(cause, Mapping):
        return cause
    try:
        document = json.loads(cause)
    except (TypeError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _of_job(text: str) -> str:
    """The message that a training job wrote; SageMaker wraps it: `AlgorithmError: <text>, exit code: 1`."""
    text = re.sub(r"^AlgorithmError:\s*", "", text)
    code = re.search(r",?\s*exit code: (-?\d+)\s*$", text)
    if code is None:
        return text.strip() or "The training job failed without a reason."
    return text[: code.start()].strip() or _of_exit_code(int(code[1]))


def _of_exit_code(code: int) -> str:
    """What the exit code of a process says that left no message.

    A process that a signal ended has the code 128 + signal in a container, and -signal outside of one.
    """
    number = -code if code < 0 else code - 128
    if number == signal.SIGKILL:
        return (
            "The training process was killed (signal 9), most likely for want of memory: take a larger "
            "instance (the setting training.instanceType)."
        )
    if number in {one.value for one in signal.Signals}:
        name = signal.Signals(number).name
        return f"The training process was ended by {name} (signal {number}); the log of the job may say why."
    return f"The training process ended with the exit code {code} and gave no reason; see the log of the job."
