"""The parameter file of AWS's solution "Maintaining Personalized Experiences with Machine Learning".

The solution is retired; its file is read as it is. It has the sections `datasetGroup`, `datasets`,
`solutions`, `recommenders`, `eventTracker` and `filters`, with `serviceConfig` for the members of a Create
operation and `workflowConfig` for schedules. The format is that of its README:
https://github.com/aws-solutions/maintaining-personalized-experiences-with-machine-learning

The solution looks for data beside its file: `interactions.csv` or the folder `interactions/`. The variable
`data` is that location, and the variable `roleArn` the role that reads it; without them nothing is imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.declaration.file.document import Document, InvalidDeclaration, Path, Problem
from tastemaker.declaration.file.sections import DATASET_TYPES, dataset_type

_SECTIONS = ("tags", "datasetGroup", "datasets", "eventTracker", "filters", "recommenders", "solutions")
_MAX_DAYS = 30
_BATCHES = {"batchInferenceJobs": "BatchInferenceJob", "batchSegmentJobs": "BatchSegmentJob"}
_NOTES = {
    "import": "The file schedules imports ({0}). Tastemaker imports when a file is applied: run "
    "`tastemaker apply` with another --var import=NAME on that schedule.",
    "update": "The file schedules trainings in UPDATE mode ({0}). Campaigns are refreshed with new items "
    "every two hours, so there is nothing to schedule.",
    "batch": "The file schedules batch jobs of {1} ({0}). A job runs when a file is applied: declare it "
    "under batchInferenceJobs or batchSegmentJobs with its input and output.",
    "data": "Nothing is imported, because the file does not say where its data are: give --var "
    "data=s3://BUCKET/train/GROUP and --var roleArn=ROLE.",
}


@dataclass(frozen=True)
class BatchSchedule:
    """A schedule of batch jobs: their type, the key of their solution, and members of their requests."""

    type: str
    solution: str
    expression: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class Converted:
    """The document in our own form, and what of the file has no counterpart in a file.

    `imports` is when the file imports again, and `batches` when it starts batch jobs: `tastemaker_cdk`
    schedules both.
    """

    document: Document
    notes: list[str]
    imports: str | None = None
    batches: tuple[BatchSchedule, ...] = ()


def is_parameter_file(value: Any) -> bool:
    """Whether a file is one of the solution: its sections are named in the singular."""
    return isinstance(value, Mapping) and isinstance(value.get("datasetGroup"), Mapping)


def convert(document: Document, variables: Mapping[str, Any]) -> Converted:
    """A parameter file in our own form. Raises InvalidDeclaration for a section that it cannot have."""
    converter = _Converter(document, variables)
    value = converter.convert()
    if converter.problems:
        raise InvalidDeclaration(converter.problems)
    converted = Document(value, converter.lines, document.name)
    return Converted(converted, converter.notes, converter.imports, tuple(converter.batches))


@dataclass
class _Converter:
    document: Document
    variables: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    imports: str | None = None
    batches: list[BatchSchedule] = field(default_factory=list)

    def convert(self) -> dict[str, Any]:
        given = self.document.value
        for name in given:
            if name not in _SECTIONS:
                self._wrong((name,), f"A parameter file has no {name!r}; it has {', '.join(_SECTIONS)}.")
        group = given["datasetGroup"]
        self._add("datasetGroups", ("datasetGroup",), group)
        schedule = _at(group, "workflowConfig", "schedules", "import")
        if schedule:
            self.imports = str(schedule)
            self._note("import", schedule)
        self._datasets(given.get("datasets") or {})
        if given.get("eventTracker"):
            self._add("eventTrackers", ("eventTracker",), given["eventTracker"])
        for section in ("filters", "recommenders"):
            for number, one in enumerate(given.get(section) or ()):
                self._add(section, (section, number), one)
        for number, one in enumerate(given.get("solutions") or ()):
            self._solution(("solutions", number), one)
        return self.made if "tags" not in given else {"defaults": {"tags": given["tags"]}, **self.made}

    def _datasets(self, datasets: Mapping[str, Any]) -> None:
        imports = dict(_at(datasets, "serviceConfig") or {})
        for name, one in datasets.items():
            path: Path = ("datasets", name)
            if name == "serviceConfig":
                continue
            found = dataset_type(name)
            if found not in DATASET_TYPES or not isinstance(one, Mapping):
                self._wrong(path, f"{name!r} must be users, items or interactions, with dataset and schema.")
                continue
            key = self._add("schemas", (*path, "schema"), one.get("schema") or {})
            more = {"schema": key, "datasetType": found}
            dataset = self._add("datasets", (*path, "dataset"), one.get("dataset") or {}, **more)
            self._import(path, name, dataset, imports)

    def _import(self, path: Path, name: str, dataset: str, settings: Mapping[str, Any]) -> None:
        location, role = self.variables.get("data"), self.variables.get("roleArn")
        if location is None or role is None:
            self._note("data")
            return
        run = self.variables.get("import", "first")
        source = {"dataLocation": f"{location.rstrip('/')}/{name}.csv"}
        job = {**settings, "jobName": f"{dataset}-{run}", "dataSource": source, "roleArn": role}
        self._add("datasetImportJobs", path, {"serviceConfig": job}, dataset=dataset)

    def _solution(self, path: Path, given: Any) -> None:
        config = dict(_at(given, "serviceConfig") or {})
        version = config.pop("solutionVersion", None)
        config.pop("performAutoML", None)  # the solution itself ignores it
        schedules = _at(given, "workflowConfig", "schedules") or {}
        if "update" in schedules:
            self._note("update", schedules["update"])
        more = self._training(path, schedules.get("full"), config)
        key = self._add("solutions", path, {"serviceConfig": {**config, **more}})
        if version is not None or not more["performAutoTraining"]:
            self._version(path, key, version or {})
        for number, campaign in enumerate(_at(given, "campaigns") or ()):
            self._add("campaigns", (*path, "campaigns", number), campaign, solution=key)
        for jobs, type_name in _BATCHES.items():
            for job in _at(given, jobs) or ():
                expression = _at(job, "workflowConfig", "schedule")
                self._note("batch", expression or "no schedule", key)
                if expression:
                    settings = dict(_at(job, "serviceConfig") or {})
                    self.batches.append(BatchSchedule(type_name, key, str(expression), settings))

    def _training(self, path: Path, schedule: str | None, config: Mapping[str, Any]) -> dict[str, Any]:
        """Automatic training in the rhythm of a schedule. Without one, the solution trains once."""
        if schedule is None:
            return {"performAutoTraining": False}
        days = days_between(schedule)
        if days is None:
            self._wrong((*path, "workflowConfig"), f"The schedule {schedule!r} is neither cron() nor rate().")
            days = 7
        settings = dict(config.get("solutionConfig") or {})
        settings["autoTrainingConfig"] = {
            "schedulingExpression": f"rate({days} day{'s' if days > 1 else ''})"
        }
        return {"performAutoTraining": True, "solutionConfig": settings}

    def _version(self, path: Path, key: str, config: Mapping[str, Any]) -> None:
        name = config.get("name") or f"{key}-first"
        self._add("solutionVersions", path, {"serviceConfig": {**config, "name": name}}, solution=key)

    def _add(self, section: str, path: Path, given: Any, **more: Any) -> str:
        """Add a resource, with the lines of the parts that it came from. Returns its key."""
        config = _at(given, "serviceConfig")
        if not isinstance(config, Mapping):
            self._wrong(path, "serviceConfig is missing: the members of the Create operation.")
            return "missing"
        key = str(config.get("jobName") or config.get("name") or section)
        self.made.setdefault(section, {})[key] = {**config, **more}
        for source in (path, (*path, "serviceConfig")):
            for known, line in self.document.lines.items():
                if known[: len(source)] == source:
                    self.lines[section, key, *known[len(source) :]] = line
        return key

    def _note(self, subject: str, *values: str) -> None:
        text = _NOTES[subject].format(*values)
        if text not in self.notes:
            self.notes.append(text)

    def _wrong(self, path: Path, message: str) -> None:
        self.problems.append(Problem(self.document.place(*path), message))


def days_between(schedule: str) -> int | None:
    """The days between two runs of a cron or rate expression, at least 1; None for another text.

    >>> days_between("cron(0 0 ? * 1 *)"), days_between("rate(12 hours)")
    (7, 1)
    """
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day|week)s?\)", schedule.strip())
    if rate is not None:
        seconds = {"minute": 60, "hour": 3600, "day": DAY_SECONDS, "week": 7 * DAY_SECONDS}[rate[2]]
        return min(max(round(int(rate[1]) * seconds / DAY_SECONDS), 1), _MAX_DAYS)
    fields = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", schedule.strip())
    if fields is None:
        return None
    _, _, day, _, weekday, _ = fields.groups()
    if weekday not in ("?", "*"):
        return max(7 // max(_count(weekday), 1), 1)
    if day not in ("?", "*"):
        step = re.fullmatch(r"(?:\*|\d+)/(\d+)", day)
        return min(int(step[1]), _MAX_DAYS) if step else max(_MAX_DAYS // max(_count(day), 1), 1)
    return 1


def _count(field: str) -> int:
    """How many values a cron field names, such as `MON-FRI` or `1,4`."""
    return sum(_span(part) for part in field.split(","))


def _span(part: str) -> int:
    names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    ends = [str(names.index(end) + 1) if end in names else end for end in part.split("-")]
    if len(ends) == 2 and all(end.isdecimal() for end in ends):
        return abs(int(ends[1]) - int(ends[0])) + 1
    return 1


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
