"""What a stack tells its functions about itself, as one environment variable."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class StageSummary:
    """The settings of a stage that `DescribeDeployment` shows.

    `features` maps each optional feature to whether the stage switches it on. `requests_per_second` and
    `burst` are the limits of the API.
    """

    stage: str
    features: Mapping[str, bool]
    requests_per_second: int
    burst: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "StageSummary":
        """The summary that `to_json` wrote. Raises ValueError if `text` is something else."""
        value = json.loads(text)
        names = {field.name for field in fields(cls)}
        if not isinstance(value, dict) or value.keys() != names:
            raise ValueError(f"it must be a JSON object with the members {', '.join(sorted(names))}")
        return cls(**value)
