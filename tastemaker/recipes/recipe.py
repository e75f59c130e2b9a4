"""What a recipe is: its parameters, what it needs, and what it serves."""

from collections.abc import Mapping
from dataclasses import dataclass

from tastemaker.errors import InvalidInput


@dataclass(frozen=True)
class Parameter:
    """A hyperparameter or a featurization parameter. Values are strings.

    `parameter_type` is integer, continuous or categorical. `low` and `high` bound the first two, and `values`
    lists the third. `tunable` is whether hyperparameter optimization may vary it, and `settable` whether a
    solution may fix it.
    """

    name: str
    parameter_type: str
    default: str
    low: float = 0
    high: float = 0
    values: tuple[str, ...] = ()
    tunable: bool = False
    settable: bool = True

    def check(self, value: str) -> None:
        """Raise InvalidInput if `value` is out of range or has the wrong type."""
        if self.parameter_type == "categorical":
            if value.lower() not in {allowed.lower() for allowed in self.values}:
                raise InvalidInput(f"{self.name} is {value!r}; allowed are {', '.join(self.values)}.")
            return
        try:
            number = int(value) if self.parameter_type == "integer" else float(value)
        except ValueError:
            raise InvalidInput(
                f"{self.name} is {value!r}; it must be a number ({self.parameter_type})."
            ) from None
        if not self.low <= number <= self.high:
            raise InvalidInput(f"{self.name} is {value}; it must be from {self.low:g} to {self.high:g}.")


@dataclass(frozen=True)
class FeatureTransformation:
    """How data is prepared for a family of recipes, with the parameters that a solution may set."""

    name: str
    parameters: tuple[Parameter, ...] = ()

    @property
    def arn(self) -> str:
        return f"arn:aws:personalize:::feature-transformation/{self.name}"


@dataclass(frozen=True)
class Recipe:
    """One recipe, with everything that the control plane, training and serving need to know of it.

    `model_name` names the pipeline that trains it; None if this release cannot train it. `needs_user` and
    `needs_item` are the ids that a request must carry. `hides` is the event type whose items a domain use
    case keeps out of its answers. `minimum_event_type` limits the minimum of 1,000 interactions to one type.
    """

    name: str
    type: str
    description: str
    created: float
    feature_transformation: FeatureTransformation
    hyperparameters: tuple[Parameter, ...] = ()
    model_name: str | None = None
    domain: str | None = None
    algorithm: str = ""
    call: str | None = "GetRecommendations"
    needs_user: bool = False
    needs_item: bool = False
    needs_datasets: tuple[str, ...] = ("INTERACTIONS",)
    trains_on: tuple[str, ...] = ("INTERACTIONS", "ITEMS", "USERS")
    update_mode: bool = False
    event_weights: bool = False
    objective: bool = False
    exploration: bool = False
    incremental_update: bool = False
    auto_update: bool = False
    batch_inference: bool = True
    batch_segment: bool = False
    themes: bool = False
    promotions: bool = True
    free_metadata: bool = False
    ranking_influence: bool = False
    hides: str | None = None
    minimum_event_type: str | None = None
    status: str = "ACTIVE"

    @property
    def arn(self) -> str:
        return f"arn:aws:personalize:::recipe/{self.name}"

    @property
    def algorithm_name(self) -> str:
        return self.algorithm or self.name

    @property
    def algorithm_arn(self) -> str:
        return f"arn:aws:personalize:::algorithm/{self.algorithm_name}"

    @property
    def trainable(self) -> bool:
        return self.model_name is not None

    @property
    def refreshed(self) -> bool:
        """Whether new items or actions and newer counts reach what is served between two trainings."""
        return self.auto_update and self.model_name in ("sequence", "trending", "actions")

    @property
    def tunable(self) -> bool:
        """Whether a solution may ask for hyperparameter optimization."""
        return any(parameter.tunable for parameter in self.hyperparameters)

    def hyperparameters_with_defaults(self, given: Mapping[str, str]) -> dict[str, str]:
        """`given`, completed. Raises InvalidInput for an unknown name or a value out of range."""
        _check_place(
            self.hyperparameters,
            self.feature_transformation.parameters,
            given,
            "featureTransformationParameters",
        )
        return complete(self.hyperparameters, given, f"hyperparameter of {self.name}")

    def featurization_with_defaults(self, given: Mapping[str, str]) -> dict[str, str]:
        """`given`, completed. Raises InvalidInput for an unknown name or a value out of range."""
        noun = f"feature transformation parameter of {self.name}"
        parameters = self.feature_transformation.parameters
        _check_place(parameters, self.hyperparameters, given, "algorithmHyperParameters")
        return complete(parameters, given, noun)


def _check_place(
    here: tuple[Parameter, ...], there: tuple[Parameter, ...], given: Mapping[str, str], member: str
) -> None:
    """Raise InvalidInput for a parameter that the recipe takes in the other member."""
    known = {parameter.name for parameter in here}
    for parameter in there:
        if parameter.name in given and parameter.name not in known:
            raise InvalidInput(f"{parameter.name} belongs in {member} of the solutionConfig.")


def complete(parameters: tuple[Parameter, ...], given: Mapping[str, str], noun: str) -> dict[str, str]:
    """`given`, checked against `parameters` and completed with their defaults.

    `noun` says in an error what the parameters are. Raises InvalidInput.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name, value in given.items():
        if name not in known:
            listed = ", ".join(known) or "none"
            raise InvalidInput(f"{name} is no {noun}; it has: {listed}.")
        if not known[name].settable:
            raise InvalidInput(f"{name} can only be set through hpoConfig.")
        known[name].check(value)
    return {name: given.get(name, parameter.default) for name, parameter in known.items()}
