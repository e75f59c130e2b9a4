from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest

from tastemaker.control.core.records import MemoryRepository
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


class CrowdedRepository(MemoryRepository):
    """A repository whose first eight reads of a record wait for each other: all of them see one revision."""

    def start(self, arn):
        self.arn, self.barrier, self.reads, self.lock = arn, Barrier(8), 0, Lock()

    def get(self, arn):
        found = super().get(arn)
        if getattr(self, "arn", None) == arn:
            with self.lock:
                self.reads += 1
                first = self.reads <= 8
            if first:
                self.barrier.wait(10)
        return found

    def update(self, record):
        with self.lock if hasattr(self, "lock") else Lock():
            return super().update(record)


def test_eight_concurrent_tag_resource_calls_all_succeed():
    repository = CrowdedRepository()
    here = world(repository=repository)
    arn = shop.group(here)
    repository.start(arn)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(here.call, "TagResource", resourceArn=arn, tags=[tag(n)]) for n in range(8)]
        for call in calls:
            call.result()
    tags = here.call("ListTagsForResource", resourceArn=arn)["tags"]
    assert sorted(one["tagKey"] for one in tags) == [f"k{number}" for number in range(8)]
