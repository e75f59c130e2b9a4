"""What a target of a rule gets: the event, a part of it, a constant, or a text made from it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from local.moto_patches.json_paths import extract_json

_TOKEN = re.compile(r'\\.|"|<([A-Za-z0-9_.-]+)>', re.DOTALL)
_JSON = re.compile(r'\s*(["\[{]|<[^<>]*>\s*$)')
_MISSING = ""  # a variable whose path finds nothing does not appear in the text


def target_input(
    target: Mapping[str, Any], event: Mapping[str, Any], *, rule_name: str, rule_arn: str
) -> str:
    """The text that a target gets. JSON, unless the target's own template is not."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(found_in(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    paths = transformer.get("InputPathsMap") or {}
    values = {name: found_in(event, path) for name, path in paths.items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": _without_detail(event),
        "aws.events.event.json": event,
    }
    return "".join(_filled(transformer["InputTemplate"], values))


def found_in(event: Mapping[str, Any], path: str) -> Any:
    """What a path finds in the event, or an empty text."""
    try:
        return extract_json(path, event)
    except NoSuchJsonPathError:
        return _MISSING


def _without_detail(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event that `<aws.events.event>` names.

    Its `detail-type` is `detailType` there, as LocalStack has it.
    https://github.com/localstack/localstack/pull/10789
    """
    return {
        "detailType" if name == "detail-type" else name: value
        for name, value in event.items()
        if name != "detail"
    }


def _filled(template: str, values: Mapping[str, Any]) -> Iterator[str]:
    """The parts of the template, with values for its `<variables>`.

    A value between quotes, or in a text that is not JSON, is written as it is. Elsewhere it is JSON.
    """
    is_json = _JSON.match(template) is not None
    quoted, end = not is_json, 0
    for match in _TOKEN.finditer(template):
        yield template[end : match.start()]
        end = match.end()
        if match[0] == '"' and is_json:
            quoted = not quoted
        name = match[1]
        if name is None or name not in values:
            yield match[0] if name is None else _MISSING
            continue
        value = values[name]
        text = value if isinstance(value, str) else json.dumps(value)
        if not quoted:
            yield json.dumps(value)
        else:
            yield json.dumps(text)[1:-1] if is_json else text
    yield template[end:]
