"""The service models: botocore's files and our own extensions, read once per process and only when needed."""

from functools import cache
from pathlib import Path

from botocore.loaders import Loader
from botocore.model import ServiceModel

SERVICES = ("personalize", "personalize-runtime", "personalize-events", "tastemaker")
EXTENSIONS = Path(__file__).parent / "extensions"
"""Our own service and the optional members that we add to the others. `clients/models` is a copy of it."""


@cache
def service_model(name: str) -> ServiceModel:
    """The model of one of `SERVICES`: the installed botocore's, merged with our extensions.

    Only botocore's built-in data and `EXTENSIONS` are searched. A customized model in the home directory of
    the user must not change what the service accepts.
    """
    paths = [str(EXTENSIONS), Loader.BUILTIN_DATA_PATH]
    loader = Loader(extra_search_paths=paths, include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(name, "service-2"), name)
