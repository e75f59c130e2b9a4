from tastemaker.wire.models import service_model
from tastemaker.wire.serialization import write, write_headers


def test_write_keeps_only_the_members_of_the_shape():
    record = {
        "name": "c",
        "status": "ACTIVE",
        "_bundle": "s3://x",
        "creationDateTime": 1.23456,
        "failureReason": None,
    }
    summary = service_model("personalize").shape_for("CampaignSummary")
    assert write(record, summary) == {"name": "c", "status": "ACTIVE", "creationDateTime": 1.235}


def test_write_converts_values_in_lists_and_maps():
    shape = service_model("personalize-runtime").shape_for("GetRecommendationsResponse")
    items = [{"itemId": 7, "score": 1, "metadata": {"TITLE": "x", "YEAR": None}, "reason": ["Exploration"]}]
    assert write({"itemList": items}, shape) == {
        "itemList": [{"itemId": "7", "score": 1.0, "metadata": {"TITLE": "x"}, "reason": ["Exploration"]}]
    }


def test_members_bound_to_a_header_are_in_the_headers_and_not_in_the_body():
    shape = service_model("personalize-runtime").shape_for("GetRecommendationsResponse")
    assert write({"recommendationId": "RID", "source": "stored"}, shape) == {"recommendationId": "RID"}
    assert write_headers({"source": "stored"}, shape) == {"x-tastemaker-source": "stored"}
    assert write_headers({"recommendationId": "RID", "source": None}, shape) == {}
