"""What answers a request: one module per kind of model, loaded from a bundle, numpy only."""

from tastemaker.errors import TastemakerError
from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle, Histories, History, UnknownBundleFormat
from tastemaker.models.popularity import PopularityModel
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.similar import SimilarModel

__all__ = ["Bundle", "Histories", "History", "Model", "UnknownBundleFormat", "UnknownModelKind", "load"]

KINDS: dict[str, type[Model]] = {
    model.kind: model for model in (SequenceModel, PopularityModel, SimilarModel)
}


class UnknownModelKind(TastemakerError):
    """The bundle holds a kind of model that this release does not have."""


def load(bundle: Bundle) -> Model:
    """The model of a bundle. Raises UnknownModelKind."""
    if bundle.kind not in KINDS:
        raise UnknownModelKind(f"no model of kind {bundle.kind!r}; there are {', '.join(sorted(KINDS))}")
    return KINDS[bundle.kind](bundle)
