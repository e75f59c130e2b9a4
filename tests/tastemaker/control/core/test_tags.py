import pytest

from tastemaker.errors import InvalidInput, TooManyTagKeys, TooManyTags
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def tag(number, value="v"):
    return {"tagKey": f"k{number}", "tagValue": value}


def test_tags_are_added_and_removed():
    here = world()
    arn = shop.group(here, tags=[tag(1)])
    here.call("TagResource", resourceArn=arn, tags=[tag(1, "new"), tag(2)])
    assert here.call("ListTagsForResource", resourceArn=arn)["tags"] == [tag(1, "new"), tag(2)]
    here.call("UntagResource", resourceArn=arn, tagKeys=["k1", "unknown"])
    assert here.call("ListTagsForResource", resourceArn=arn)["tags"] == [tag(2)]


def test_numbers_of_tags_are_limited():
    here = world()
    arn = shop.group(here, tags=[tag(number) for number in range(50)])
    with pytest.raises(TooManyTags):
        here.call("TagResource", resourceArn=arn, tags=[tag(50)])
    with pytest.raises(TooManyTags):
        shop.group(here, "other", tags=[tag(number) for number in range(51)])
    with pytest.raises(TooManyTagKeys):
        here.call("UntagResource", resourceArn=arn, tagKeys=[f"k{number}" for number in range(51)])


@pytest.mark.parametrize("tags", [[{"tagKey": "aws:x", "tagValue": ""}], [tag(1), tag(1)]])
def test_invalid_tag_keys_are_refused(tags):
    with pytest.raises(InvalidInput):
        shop.group(world(), tags=tags)


def test_recipes_cannot_be_tagged():
    here = world()
    with pytest.raises(InvalidInput):
        here.call("TagResource", resourceArn="arn:aws:personalize:::recipe/aws-sims", tags=[])
