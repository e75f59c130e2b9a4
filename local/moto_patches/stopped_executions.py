"""StopExecution at any time: the execution ends ABORTED, and no part of it continues.

After a stop, an evaluation in moto's interpreter returns without a result, and its caller pops whatever is on
the stack. Depending on the time of the stop, the execution ends FAILED with "pop from empty list", a thread
ends with a TypeError, a Parallel state waits forever, or a stop before the first state is lost. Here an
evaluation after a stop raises `ExecutionStoppedError`, no later error replaces the stop, and a stop waits
until the interpreter has started.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

_BEGIN_SECONDS = 10.0
_POLL_SECONDS = 0.01


class ExecutionStoppedError(Exception):
    """An evaluation after the execution was stopped."""


def install() -> None:
    """Apply all changes; a second call changes nothing."""
    if hasattr(EvalComponent.eval, "replaces"):
        return
    _replace(EvalComponent, "eval", _eval)
    _replace(Program, "eval", _eval_program)
    _replace(ExecutionState, "_from_error", _from_error)
    _replace(Environment, "set_error", _unless_stopped)
    _replace(Environment, "set_timed_out", _unless_stopped)
    _replace(ExecutionWorker, "stop", _stop)


def is_stopped(env: Environment) -> bool:
    """Whether StopExecution has reached this environment."""
    return isinstance(env._program_state, ProgramStopped)


def _replace(owner: type, name: str, replacement: Callable[..., Any]) -> None:
    original = getattr(owner, name)

    def replaced(self: Any, *args: Any, **kwargs: Any) -> Any:
        return replacement(original, self, *args, **kwargs)

    replaced.replaces = original  # type: ignore[attr-defined]
    setattr(owner, name, replaced)


def _eval(original: Callable[..., None], self: EvalComponent, env: Environment) -> None:
    if not is_stopped(env):
        original(self, env)
    elif isinstance(self, Program):
        self._eval_body(env)  # enters no state, and adds the end to the history
    else:
        raise ExecutionStoppedError


def _eval_program(original: Callable[..., None], self: Program, env: Environment) -> None:
    """Return as after a complete run, so that the worker of a branch reports its end."""
    try:
        original(self, env)
    except RuntimeError:  # a stopped program has no next state
        if not is_stopped(env):
            raise


def _from_error(original: Callable[..., Any], self: ExecutionState, env: Environment, ex: Exception) -> Any:
    """Ignore an error that follows from the stop: no retry, no catch, no history event."""
    if is_stopped(env):
        raise ExecutionStoppedError from ex
    return original(self, env=env, ex=ex)


def _unless_stopped(original: Callable[..., None], self: Environment, *args: Any, **kwargs: Any) -> None:
    with self._state_mutex:
        if not is_stopped(self):
            original(self, *args, **kwargs)


def _stop(original: Callable[..., None], self: ExecutionWorker, *args: Any, **kwargs: Any) -> None:
    """Stop as soon as the interpreter's thread has created its environment."""
    deadline = time.monotonic() + _BEGIN_SECONDS
    while (self.env is None or self.env._program_state is None) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    original(self, *args, **kwargs)
