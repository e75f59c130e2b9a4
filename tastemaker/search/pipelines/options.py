"""The options of the processor `personalized_search_ranking`.

The first group is that of AWS's plugin for OpenSearch, with the plugin's checks and types of errors. The
plugin is in https://github.com/opensearch-project/search-processor. The second group exists only here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tastemaker.search.errors import ConfigurationError
from tastemaker.search.queries.reading import finite

TYPE = "personalized_search_ranking"
RECIPES = ("aws-personalized-ranking", "aws-personalized-ranking-v2")
MAX_WINDOW = 10_000


class Fusion(StrEnum):
    """What is combined: the ranks of both orders, as in the plugin, or both scores."""

    RANKS = "ranks"
    SCORES = "scores"


@dataclass(frozen=True)
class Promotion:
    """Hits that a filter allows get a share of the places, in percent."""

    filter_arn: str
    percent: int
    filter_values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RankingOptions:
    """A processor. `window` None means the hits of the page, as in the plugin."""

    campaign_arn: str
    recipe: str
    weight: float
    aws_region: str
    item_id_field: str | None = None
    iam_role_arn: str | None = None
    tag: str | None = None
    description: str | None = None
    ignore_failure: bool = False
    window: int | None = None
    fusion: Fusion = Fusion.RANKS
    filter_arn: str | None = None
    filter_values: Mapping[str, str] = field(default_factory=dict)
    promotion: Promotion | None = None
    anonymous_sessions: bool = False
    explain: bool = False
    time_limit_milliseconds: int | None = None


class _Properties:
    """The properties of a processor, as OpenSearch's configuration of processors reads them."""

    def __init__(self, values: Mapping[str, Any], tag: str | None, name: str = TYPE) -> None:
        self._left, self._tag, self._name = dict(values), tag, name

    def error(self, member: str, reason: str) -> ConfigurationError:
        return ConfigurationError.of(TYPE, self._tag, member, reason)

    def text(self, name: str) -> str:
        found = self.optional_text(name)
        if found is None:
            raise self.error(name, "required property is missing")
        return found

    def optional_text(self, name: str) -> str | None:
        found = self._left.pop(name, None)
        if found is not None and not isinstance(found, str):
            raise self.error(name, f"property isn't a string, but of type [{type(found).__name__}]")
        return found

    def number(self, name: str) -> float:
        found = self._left.pop(name, None)
        if found is None:
            raise self.error(name, "required property is missing")
        try:
            return finite(found)
        except (TypeError, ValueError):
            raise self.error(name, f"property cannot be converted to a double [{found}]") from None

    def whole_number(self, name: str, least: int, most: int) -> int | None:
        found = self._left.pop(name, None)
        if found is None:
            return None
        try:
            number = int(str(found))
        except ValueError:
            raise self.error(name, f"property cannot be converted to an int [{found}]") from None
        if not least <= number <= most:
            raise self.error(name, f"must be from {least} to {most}, but is {number}")
        return number

    def flag(self, name: str) -> bool:
        found = self._left.pop(name, False)
        if found in (True, "true"):
            return True
        if found in (False, "false"):
            return False
        raise self.error(name, f"property isn't a boolean, but is [{found}]")

    def texts(self, name: str) -> dict[str, str]:
        found = self._left.pop(name, {})
        if not isinstance(found, Mapping) or not all(isinstance(value, str) for value in found.values()):
            raise self.error(name, "property must be an object of strings")
        return dict(found)

    def object(self, name: str) -> Mapping[str, Any] | None:
        found = self._left.pop(name, None)
        if found is not None and not isinstance(found, Mapping):
            raise self.error(name, f"property isn't a map, but of type [{type(found).__name__}]")
        return found

    def end(self) -> None:
        if self._left:
            raise ConfigurationError(
                f"processor [{self._name}] doesn't support one or more provided configuration parameters "
                f"[{', '.join(self._left)}]",
                processor_type=TYPE,
                **({"processor_tag": self._tag} if self._tag else {}),
            )


def read_options(values: Mapping[str, Any]) -> RankingOptions:
    """Read the properties of a processor. Raises ConfigurationError, as the plugin does."""
    tag = values.get("tag")
    properties = _Properties(values, tag if isinstance(tag, str) else None)
    properties.optional_text("external_account_iam_role_arn")  # ranking runs here: no role is assumed
    options = RankingOptions(
        tag=properties.optional_text("tag"),
        description=properties.optional_text("description"),
        ignore_failure=properties.flag("ignore_failure"),
        campaign_arn=properties.text("campaign_arn"),
        iam_role_arn=properties.optional_text("iam_role_arn"),
        recipe=properties.text("recipe"),
        item_id_field=properties.optional_text("item_id_field") or None,
        aws_region=properties.text("aws_region"),
        weight=properties.number("weight"),
        window=properties.whole_number("window", 1, MAX_WINDOW),
        fusion=_fusion(properties),
        filter_arn=properties.optional_text("filter_arn"),
        filter_values=properties.texts("filter_values"),
        promotion=_promotion(properties),
        anonymous_sessions=properties.flag("anonymous_sessions"),
        explain=properties.flag("explain"),
        time_limit_milliseconds=properties.whole_number("time_limit_milliseconds", 1, 30_000),
    )
    _check(options, properties)
    properties.end()
    return options


def _check(options: RankingOptions, properties: _Properties) -> None:
    if not 0.0 <= options.weight <= 1.0:
        raise properties.error("weight", "invalid value for weight")
    if _service(options.campaign_arn) != "personalize":
        raise properties.error("campaign_arn", "invalid format for Personalize campaign arn")
    if options.iam_role_arn and _service(options.iam_role_arn) != "iam":
        raise properties.error("iam_role_arn", "invalid format for Personalize iam role arn")
    if options.recipe not in RECIPES:
        raise properties.error("recipe", "not supported recipe provided")
    for arn in (options.filter_arn, options.promotion.filter_arn if options.promotion else None):
        if arn is not None and _service(arn) != "personalize":
            raise properties.error("filter_arn", "invalid format for Personalize filter arn")


def _service(arn: str) -> str | None:
    """The service in an ARN; None for a text that is no ARN."""
    parts = arn.split(":", 5)
    return parts[2] if len(parts) == 6 and parts[0] == "arn" and all((parts[1], parts[2], parts[5])) else None


def _fusion(properties: _Properties) -> Fusion:
    named = properties.optional_text("fusion") or Fusion.RANKS
    try:
        return Fusion(named)
    except ValueError:
        raise properties.error("fusion", f"must be one of {', '.join(Fusion)}, but is [{named}]") from None


def _promotion(properties: _Properties) -> Promotion | None:
    given = properties.object("promotion")
    if given is None:
        return None
    members = _Properties(given, None, "promotion")
    percent = members.whole_number("percent_promoted_items", 1, 100)
    if percent is None:
        raise properties.error("promotion", "percent_promoted_items is missing: a number from 1 to 100")
    found = Promotion(members.text("filter_arn"), percent, members.texts("filter_values"))
    members.end()
    return found
