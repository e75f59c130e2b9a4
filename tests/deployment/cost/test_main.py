"""The command: arguments, text, JSON, and the real stages."""

import argparse
import io
import json

import pytest

from deployment.command import Console, main
from deployment.cost import idle, page
from deployment.cost.__main__ import arguments, count, run
from deployment.cost.estimate import as_json, as_text, estimate
from deployment.cost.usage import Load
from tests.deployment.cost.conftest import small_template


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("10k", 10_000), ("2.5M", 2_500_000), ("1_000", 1000)])
def test_counts_may_be_short(text: str, value: int) -> None:
    assert count(text) == value


@pytest.mark.parametrize("text", ["many", "-1", "", "nan", "1e99"])
def test_bad_counts_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not"):
        count(text)


def test_text_has_the_idle_part_first_and_the_sources_marked(stream) -> None:
    text = as_text(estimate(small_template(stream=stream), Load(requests=10**6)))
    assert text.index("Idle") < text.index("Usage") < text.index("Amazon Personalize")
    assert "29.20" in text and "us-east-1" in text and "benchmarks.serving.units" in text


def test_json_adds_up(stream) -> None:
    found = as_json(estimate(small_template(stream=stream), Load(requests=10**6, events=10**6, trainings=2)))
    total = sum(line["usd"] for part in ("idle", "usage") for line in found[part])
    assert found["totalUsd"] == pytest.approx(total, abs=0.01)
    assert found["idleUsd"] == 29.2
    assert all(line["priceSource"].startswith("https://") for line in found["idle"] + found["usage"])


def test_unknown_stage_is_an_error() -> None:
    progress = io.StringIO()
    assert main(arguments(), run, ["--stage", "nope"], Console(progress=progress)) == 2
    assert "there is no stage 'nope'" in progress.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("stage", page.stages())
def test_every_resource_type_of_the_stage_has_a_price_rule(stage: str, synthesized) -> None:
    assert idle.unpriced(synthesized(stage)) == []


@pytest.mark.slow
def test_json_of_a_real_stage_is_one_document() -> None:
    out = io.StringIO()
    code = main(arguments(), run, ["--requests", "1k", "--json"], Console(out, io.StringIO()))
    assert code == 0
    found = json.loads(out.getvalue())
    assert found["stage"] == "dev" and found["totalUsd"] > found["idleUsd"] > 0


@pytest.mark.slow
def test_stage_lite_idles_below_one_dollar(synthesized) -> None:
    found = estimate(synthesized("lite"), page.LOADS["idle"])
    assert found.usd < 1
    assert {line.item for line in found.idle} == {"alarm metrics", "invocations by schedules"}


def test_tables_of_the_pages_are_up_to_date(synthesized) -> None:
    found = {
        stage: {name: estimate(synthesized(stage), load) for name, load in page.LOADS.items()}
        for stage in page.stages()
    }
    assert page.summary(found) in page.README.read_text(), "run: make docs"
    text = page.PAGE.read_text()
    assert page.details(found) in text, "run: make docs"
    assert page.unit_rows() in text and page.price_rows() in text, "run: make docs"
