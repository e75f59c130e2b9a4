import pytest

from tastemaker.errors import InvalidInput
from tastemaker.wire import Service
from tastemaker.wire.properties import read_properties, request_shape, write_properties

SERVICE = Service("personalize")
SOLUTION = request_shape(SERVICE, "CreateSolution")
CAMPAIGN = request_shape(SERVICE, "CreateCampaign")


def test_texts_of_cloudformation_become_numbers_and_switches():
    properties = {"Name": "home", "MinProvisionedTPS": "5"}
    properties["CampaignConfig"] = {"SyncWithLatestSolutionVersion": "true"}
    assert read_properties(properties, CAMPAIGN) == {
        "name": "home",
        "minProvisionedTPS": 5,
        "campaignConfig": {"syncWithLatestSolutionVersion": True},
    }


def test_keys_of_maps_and_texts_stay_as_they_are():
    parameters = {"hidden_dimension": "149"}
    config = {"AlgorithmHyperParameters": {"hidden_dimension": 149}, "EventValueThreshold": 0.5}
    read = read_properties({"SolutionConfig": config, "PerformHPO": "false"}, SOLUTION)
    assert read == {
        "solutionConfig": {
            "algorithmHyperParameters": parameters,
            "eventValueThreshold": "0.5",
        },
        "performHPO": False,
    }


@pytest.mark.parametrize("text", ["five", "5.5", "", "²"])
def test_text_that_is_no_number_stays_for_the_api_to_refuse(text):
    assert read_properties({"MinProvisionedTPS": text}, CAMPAIGN) == {"minProvisionedTPS": text}


def test_property_that_does_not_exist_is_refused_with_its_path():
    with pytest.raises(InvalidInput, match=r"CampaignConfig\.Explore does not exist; there are .*Item"):
        read_properties({"CampaignConfig": {"Explore": "yes"}}, CAMPAIGN)


def test_tags_have_both_spellings():
    tags = [{"Key": "team", "Value": "shop"}, {"TagKey": "cost", "TagValue": "7"}]
    read = read_properties({"Tags": tags}, SOLUTION)
    assert read["tags"] == [{"tagKey": "team", "tagValue": "shop"}, {"tagKey": "cost", "tagValue": "7"}]


def test_written_properties_are_read_back():
    request = {
        "name": "for-you",
        "performAutoTraining": True,
        "solutionConfig": {
            "eventsConfig": {"eventParametersList": [{"eventType": "buy", "weight": 0.5}]},
            "algorithmHyperParameters": {"bptt": "20"},
        },
    }
    written = write_properties(request, SOLUTION)
    assert written["SolutionConfig"]["EventsConfig"]["EventParametersList"] == [
        {"EventType": "buy", "Weight": 0.5}
    ]
    assert read_properties(written, SOLUTION) == request
