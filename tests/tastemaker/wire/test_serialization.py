from tastemaker.wire.models import service_model
from tastemaker.wire.serialization import write


def test_a_record_is_cut_down_to_the_shape():
    record = {
        "name": "c",
        "status": "ACTIVE",
        "_bundle": "s3://x",
        "creationDateTime": 1.23456,
        "failureReason": None,
    }
    summary = service_model("personalize").shape_for("CampaignSummary")
    assert write(record, summary) == {"name": "c", "status": "ACTIVE", "creationDateTime": 1.235}


def test_lists_maps_and_numbers():
    shape = service_model("personalize-runtime").shape_for("GetRecommendationsResponse")
    items = [{"itemId": 7, "score": 1, "metadata": {"TITLE": "x", "YEAR": None}, "reason": ["Exploration"]}]
    assert write({"itemList": items}, shape) == {
        "itemList": [{"itemId": "7", "score": 1.0, "metadata": {"TITLE": "x"}, "reason": ["Exploration"]}]
    }
