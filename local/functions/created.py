"""Functions that programs create over the API. They run like those of the template."""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.utils import get_backend

from local.account import Account
from local.functions.pool import FunctionPool
from local.functions.spec import FunctionSpec

_NOWHERE = Path()
LAYERS = "_layers"
"""The folder of a function's layers beside its code. Lambda has it as `/opt`."""


class UnsupportedFunctionError(Exception):
    """A function that this machine cannot run: another language, or an image."""


class CreatedFunctions:
    """The functions that `CreateFunction` stored in moto. A function that was changed gets new workers."""

    def __init__(
        self, account: Account, pool_of: Callable[[FunctionSpec], FunctionPool], scratch: Path
    ) -> None:
        self._account = account
        self._pool_of = pool_of
        self._scratch = scratch
        self._pools: dict[str, tuple[FunctionSpec, list[str], FunctionPool]] = {}
        self._lock = threading.Lock()

    def pool(self, name: str) -> FunctionPool | None:
        """The pool of a function by its plain name; None if there is none.

        Raises UnsupportedFunctionError.
        """
        lambdas = self._backend.list_functions()
        function = next((one for one in lambdas if one.function_name == name), None)
        if function is None:
            return None
        wanted = _spec(function)
        parts = [function.code_sha_256, *(layer["Arn"] for layer in function.layers)]
        with self._lock:
            spec, code, pool = self._pools.get(name, (None, None, None))
            if pool is not None and (spec, code) == (wanted, parts):
                return pool
            if pool is not None:
                del self._pools[name]  # it is closed, also if the new code cannot be unpacked
                pool.close()
                shutil.rmtree(pool.spec.code, ignore_errors=True)
            pool = self._pool_of(replace(wanted, code=self._unpacked(function)))
            self._pools[name] = (wanted, parts, pool)
        return pool

    def pools(self) -> list[FunctionPool]:
        return [pool for _, _, pool in self._pools.values()]

    def _unpacked(self, function: LambdaFunction) -> Path:
        """A folder with the function's code and the modules of its layers, which may be in two places.

        https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
        """
        folder = Path(tempfile.mkdtemp(prefix="code-", dir=self._scratch))
        for layer in function.layers:  # a later one has precedence, and the function's own code has more
            version = self._backend.layers_versions_by_arn(layer["Arn"])
            if version is None:
                raise UnsupportedFunctionError(
                    f"{function.function_name} has a deleted layer, {layer['Arn']}."
                )
            with zipfile.ZipFile(io.BytesIO(version.code_bytes)) as archive:
                archive.extractall(folder / LAYERS)
        for modules in ("python", f"python/lib/{function.run_time}/site-packages"):
            if (folder / LAYERS / modules).is_dir():
                shutil.copytree(folder / LAYERS / modules, folder, dirs_exist_ok=True)
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            archive.extractall(folder)
        return folder

    @property
    def _backend(self) -> LambdaBackend:
        return get_backend(self._account.id, self._account.region)


def _spec(function: LambdaFunction) -> FunctionSpec:
    """The specification of a function that moto stores, without the folder of its code."""
    if not (function.run_time or "").startswith("python"):
        made_of = function.run_time or "an image"
        raise UnsupportedFunctionError(
            f"{function.function_name} is made of {made_of}; the local run has Python only."
        )
    return FunctionSpec(
        name=function.function_name,
        arn=function.function_arn,
        handler=str(function.handler),
        role_arn=function.role,
        code=_NOWHERE,
        timeout=float(function.timeout),
        memory_mb=int(function.memory_size),
        log_group=function.logs_group_name,
        environment=dict(function.environment_vars),
    )
