"""What answers a request: one module per kind of model, loaded from a bundle, numpy only."""

from tastemaker.errors import TastemakerError
from tastemaker.models.actions import ActionModel
from tastemaker.models.affinity import AffinityModel
from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle, Histories, History, UnknownBundleFormatError
from tastemaker.models.popularity import PopularityModel
from tastemaker.models.semantic import SemanticModel
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.similar import SimilarModel
from tastemaker.models.trending import TrendingModel

__all__ = [
    "Bundle",
    "Histories",
    "History",
    "Model",
    "UnknownBundleFormatError",
    "UnknownModelKindError",
    "load",
]

KINDS: dict[str, type[Model]] = {
    model.kind: model
    for model in (
        SequenceModel,
        PopularityModel,
        SimilarModel,
        TrendingModel,
        AffinityModel,
        ActionModel,
        SemanticModel,
    )
}


class UnknownModelKindError(TastemakerError):
    """The bundle holds a kind of model that this release does not have."""


def load(bundle: Bundle) -> Model:
    """The model of a bundle. Raises UnknownModelKindError."""
    if bundle.kind not in KINDS:
        raise UnknownModelKindError(f"no model of kind {bundle.kind!r}; there are {', '.join(sorted(KINDS))}")
    return KINDS[bundle.kind](bundle)
