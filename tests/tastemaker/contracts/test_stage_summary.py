import pytest

from tastemaker.contracts.stage_summary import StageSummary

SUMMARY = StageSummary("dev", {"spotTraining": True}, 500, 1000)


def test_summary_survives_its_json_form():
    assert StageSummary.from_json(SUMMARY.to_json()) == SUMMARY


@pytest.mark.parametrize("text", ["[]", "{}", '{"stage": "dev"}', "not JSON"])
def test_json_of_another_form_is_refused(text):
    with pytest.raises(ValueError):
        StageSummary.from_json(text)
