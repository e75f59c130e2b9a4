"""The service models: botocore's own files, read once per process and only when needed."""

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel

SERVICES = ("personalize", "personalize-runtime", "personalize-events")


@cache
def service_model(name: str) -> ServiceModel:
    """The model of one of `SERVICES`, from the botocore that is installed beside this code.

    Only botocore's built-in data is searched: a customized model in the home directory of whoever runs this
    must not change what the service accepts.
    """
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(name, "service-2"), name)
