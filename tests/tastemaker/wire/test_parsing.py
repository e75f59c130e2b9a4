import pytest

from tastemaker.errors import InvalidInput
from tastemaker.wire.models import service_model
from tastemaker.wire.parsing import read


def shape(name, service="personalize"):
    return service_model(service).shape_for(name)


def problem(value, name, service="personalize"):
    with pytest.raises(InvalidInput) as caught:
        read(value, shape(name, service))
    return caught.value.message


def test_read_drops_unknown_members_and_nulls():
    request = {
        "name": "movies",
        "color": "red",
        "domain": None,
        "tags": [{"tagKey": "a", "tagValue": "b", "x": 1}],
    }
    assert read(request, shape("CreateDatasetGroupRequest")) == {
        "name": "movies",
        "tags": [{"tagKey": "a", "tagValue": "b"}],
    }


def test_read_names_every_problem_with_its_path():
    message = problem({"schema": "{}" * 20_000, "domain": "BANKING"}, "CreateSchemaRequest")
    assert message.startswith("3 validation errors detected: ")
    assert "Value null at 'name' failed to satisfy constraint: Member must not be null" in message
    assert (
        "at 'schema' failed to satisfy constraint: Member must have length less than or equal to 20000"
        in message
    )
    assert "Value 'BANKING' at 'domain'" in message and "[ECOMMERCE, VIDEO_ON_DEMAND]" in message


def test_messages_cut_off_long_values():
    assert len(problem({"name": "n" * 5000}, "CreateDatasetGroupRequest")) < 300


@pytest.mark.parametrize("name", ["-a", "a b", "a/b", "a\n", "ä", "a" * 64, ""])
def test_pattern_must_match_the_whole_value(name):
    assert "at 'name'" in problem({"name": name}, "CreateDatasetGroupRequest")


def test_messages_do_not_repeat_sensitive_values():
    request = {"name": "n", "tags": [{"tagKey": "secret;", "tagValue": ""}]}
    message = problem(request, "CreateDatasetGroupRequest")
    assert "secret" not in message and "tags.1.member.tagKey" in message


def test_patterns_with_unicode_classes_accept_letters_of_any_language():
    tags = [{"tagKey": "größe", "tagValue": "日本 1"}]
    assert read({"name": "n", "tags": tags}, shape("CreateDatasetGroupRequest"))["tags"] == tags


@pytest.mark.parametrize("value", [0, 101, "5", 1.5, True])
def test_page_sizes_out_of_range_or_of_another_type_are_refused(value):
    assert "at 'maxResults'" in problem({"maxResults": value}, "ListSchemasRequest")


def test_integral_floats_count_as_integers():
    assert read({"maxResults": 5.0}, shape("ListSchemasRequest")) == {"maxResults": 5}


@pytest.mark.parametrize(("sent", "seen"), [(17, 17), (17.5, 17.5), ("17.25", 17.25)])
def test_timestamps_are_numbers_or_numeric_strings(sent, seen):
    event = {"eventType": "click", "sentAt": sent}
    request = {"trackingId": "t", "sessionId": "s", "eventList": [event]}
    clean = read(request, shape("PutEventsRequest", "personalize-events"))
    assert clean["eventList"][0]["sentAt"] == seen


@pytest.mark.parametrize("sent", ["yesterday", True, {"a": 1}, 10**400, float("inf")])
def test_timestamps_that_are_not_numeric_are_refused(sent):
    request = {"trackingId": "t", "sessionId": "s", "eventList": [{"eventType": "click", "sentAt": sent}]}
    assert "eventList.1.member.sentAt" in problem(request, "PutEventsRequest", "personalize-events")


def test_numbers_that_no_float_can_hold_are_refused():
    event = {"eventType": "click", "sentAt": 17, "eventValue": 10**400}
    request = {"trackingId": "t", "sessionId": "s", "eventList": [event]}
    assert "eventList.1.member.eventValue" in problem(request, "PutEventsRequest", "personalize-events")


def test_keys_values_and_size_of_maps_are_validated():
    request = {
        "campaignArn": "arn:aws:personalize:eu-west-1:1:campaign/c",
        "filterValues": {"bad key": "x" * 1001},
    }
    message = problem(request, "GetRecommendationsRequest", "personalize-runtime")
    assert "filterValues.key" in message and "filterValues.bad key.member" in message
    request["filterValues"] = {f"k{n}": "v" for n in range(26)}
    assert "length less than or equal to 25" in problem(
        request, "GetRecommendationsRequest", "personalize-runtime"
    )


@pytest.mark.parametrize(("member", "value"), [("tags", {}), ("name", 3), ("tags", ["x"])])
def test_values_of_the_wrong_type_are_refused(member, value):
    assert f"at '{member}" in problem({"name": "n", member: value}, "CreateDatasetGroupRequest")
