"""The models that answer requests. Each module holds one model, loads it from a bundle, and needs numpy only.

A model is a subclass of `Model` with a `model_name`. All modules of this package are imported here, so that a
new model is one new file.
"""

from importlib import import_module
from pkgutil import iter_modules

from tastemaker.errors import TastemakerError
from tastemaker.models.base import MODELS, Model
from tastemaker.models.bundle import Bundle, Histories, History, UnknownBundleFormatError

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = [
    "MODELS",
    "Bundle",
    "Histories",
    "History",
    "Model",
    "UnknownBundleFormatError",
    "UnknownModelError",
    "load",
]


class UnknownModelError(TastemakerError):
    """The bundle holds a model that this release does not have."""


def load(bundle: Bundle) -> Model:
    """The model of a bundle. Raises UnknownModelError."""
    model = MODELS.get(bundle.model_name)
    if model is None:
        raise UnknownModelError(
            f"The bundle in {bundle.path} holds the model {bundle.model_name!r}, which this release does not "
            f"have; it has {', '.join(sorted(MODELS))}. Use the release that wrote the bundle."
        )
    return model(bundle)
