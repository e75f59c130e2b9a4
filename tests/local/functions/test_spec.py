import json
from pathlib import Path

from local.functions.spec import TEXT_GENERATION, FunctionSpec, with_text_model


def spec(**environment: str) -> FunctionSpec:
    return FunctionSpec("f", "arn", "app.handle", "role", Path("code"), 3.0, 128, "log", environment)


def test_only_the_model_of_a_function_that_writes_texts_changes() -> None:
    other = spec(TABLE="t")
    assert with_text_model(other, "smollm2-135m") is other
    writer = spec(TABLE="t", **{TEXT_GENERATION: json.dumps({"model": "", "ceiling_usd": 5})})
    changed = with_text_model(writer, "smollm2-135m").environment
    assert json.loads(changed[TEXT_GENERATION]) == {"model": "smollm2-135m", "ceiling_usd": 5}
    assert changed["TABLE"] == "t" and json.loads(writer.environment[TEXT_GENERATION])["model"] == ""
