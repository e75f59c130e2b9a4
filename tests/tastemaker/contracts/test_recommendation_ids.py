"""Recommendation ids identify the campaign that answered."""

from tastemaker.contracts import recommendation_ids

ARNS = [f"arn:aws:personalize:eu-west-1:123456789012:campaign/{number}" for number in range(200)]


def test_id_identifies_its_campaign_and_has_at_most_40_characters() -> None:
    ids = [recommendation_ids.new(arn) for arn in ARNS]
    assert len(set(ids)) == len(ids) and max(map(len, ids)) == 40
    assert [recommendation_ids.source(one, ARNS) for one in ids] == ARNS


def test_two_answers_of_one_campaign_have_different_ids() -> None:
    assert recommendation_ids.new(ARNS[0]) != recommendation_ids.new(ARNS[0])


def test_source_is_none_for_an_unknown_campaign_or_id() -> None:
    assert recommendation_ids.source(recommendation_ids.new(ARNS[0]), ARNS[1:]) is None
    assert recommendation_ids.source("sent-by-a-test", ARNS) is None
