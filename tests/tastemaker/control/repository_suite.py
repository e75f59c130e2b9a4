"""What every repository must do. A test module per implementation subclasses this with a `repository`
fixture."""

import pytest

from tastemaker.control.core.records import Record, Repository
from tastemaker.errors import Conflict, InvalidNextToken, ResourceAlreadyExists


def record(
    number: int, resource_type: str = "Filter", parent: str | None = "arn:group", **body: object
) -> Record:
    content = {"name": f"n{number}", "status": "ACTIVE", "creationDateTime": 1000.5 + number, **body}
    return Record(f"arn:{resource_type}/{number:03d}", resource_type, content, parent, 1000.5 + number)


class RepositorySuite:
    """Subclasses give the fixture `repository`."""

    def test_stored_record_is_returned(self, repository: Repository) -> None:
        stored = repository.create(
            record(1, _tags=[{"tagKey": "größe", "tagValue": ""}], nothing={}, half=0.5)
        )
        assert stored.revision == 1
        assert repository.get("arn:Filter/001") == stored
        assert repository.get("arn:Filter/002") is None

    def test_arn_must_be_new(self, repository: Repository) -> None:
        repository.create(record(1))
        with pytest.raises(ResourceAlreadyExists, match="resource with Arn arn:Filter/001 already exists"):
            repository.create(record(1), aliases={"alias/x": "arn:Filter/001"})
        assert repository.target("alias/x") is None

    def test_alias_must_be_new(self, repository: Repository) -> None:
        repository.create(record(1), aliases={"alias/x": "arn:Filter/001", "alias/y": "arn:Filter/001"})
        with pytest.raises(ResourceAlreadyExists, match="Another resource with Arn arn:Filter/001"):
            repository.create(record(2), aliases={"alias/z": "arn:Filter/002", "alias/y": "arn:Filter/002"})
        assert repository.target("alias/y") == "arn:Filter/001"
        assert repository.get("arn:Filter/002") is None and repository.target("alias/z") is None
        assert repository.get("alias/y") is None

    def test_create_needs_unchanged_references(self, repository: Repository) -> None:
        parent = repository.create(record(1, "DatasetGroup", None))
        repository.create(record(2), unchanged=[parent])
        repository.update(parent.with_(status="DELETE PENDING"))
        with pytest.raises(Conflict):
            repository.create(record(3), unchanged=[parent])
        assert repository.get("arn:Filter/003") is None

    def test_touched_record_has_a_new_revision_so_that_its_deletion_conflicts(
        self, repository: Repository
    ) -> None:
        target = repository.create(record(1))
        repository.create(record(2), touched=[target])
        with pytest.raises(Conflict):
            repository.delete(target)
        now = repository.get(target.arn)
        assert now is not None and now.body == target.body
        other = repository.get("arn:Filter/002")
        assert other is not None
        assert repository.update(other.with_(name="moved"), touched=[now]).revision == 2
        with pytest.raises(Conflict):
            repository.delete(now)
        with pytest.raises(Conflict):
            repository.update(other.with_(name="again"), touched=[now])
        with pytest.raises(Conflict):
            repository.create(record(3), touched=[now])
        assert repository.get("arn:Filter/003") is None

    def test_second_of_two_writers_gets_a_conflict(self, repository: Repository) -> None:
        first = repository.create(record(1))
        newer = repository.update(first.with_(name="mine", gone=None))
        assert newer.revision == 2
        with pytest.raises(Conflict):
            repository.update(first.with_(name="theirs"))
        with pytest.raises(Conflict):
            repository.delete(first)
        assert repository.get(first.arn) == newer

    def test_deleted_record_cannot_be_updated(self, repository: Repository) -> None:
        stored = repository.create(record(1), aliases={"alias/x": "arn:Filter/001"})
        repository.delete(stored, aliases=["alias/x"])
        assert repository.get(stored.arn) is None and repository.target("alias/x") is None
        with pytest.raises(Conflict):
            repository.update(stored)
        with pytest.raises(Conflict):
            repository.delete(stored, aliases=["alias/x"])

    def test_list_is_newest_first(self, repository: Repository) -> None:
        for number in (2, 1, 3):
            repository.create(record(number))
        repository.create(record(4, "Solution"))
        repository.create(record(5, parent="arn:other"))
        page = repository.list(resource_type="Filter")
        assert [one.arn[-1] for one in page.records] == ["5", "3", "2", "1"] and page.next is None
        assert [
            one.arn[-1] for one in repository.list(resource_type="Filter", parent="arn:group").records
        ] == list("321")
        assert [
            one.arn[-1] for one in repository.list(resource_type=None, parent="arn:group").records
        ] == list("4321")
        assert repository.list(resource_type="Filter", parent="arn:nobody").records == []

    @pytest.mark.parametrize("parent", [None, "arn:group"])
    def test_pages_have_no_gap_and_no_overlap(self, repository: Repository, parent: str | None) -> None:
        for number in range(7):
            repository.create(record(number))
            repository.create(record(number, "Solution"))
        seen, start = [], None
        while True:
            page = repository.list(resource_type="Filter", parent=parent, start=start, limit=2)
            seen += [int(one.arn[-3:]) for one in page.records]
            if page.next is None:
                break
            assert len(page.records) == 2
            start = page.next
        assert seen == [6, 5, 4, 3, 2, 1, 0]

    def test_last_page_has_no_next(self, repository: Repository) -> None:
        for number in range(4):
            repository.create(record(number))
        start = repository.list(resource_type="Filter", limit=2).next
        assert repository.list(resource_type="Filter", start=start, limit=2).next is None

    def test_page_may_start_at_a_deleted_record(self, repository: Repository) -> None:
        for number in range(4):
            repository.create(record(number))
        page = repository.list(resource_type="Filter", limit=2)
        repository.delete(page.records[-1])
        rest = repository.list(resource_type="Filter", start=page.next, limit=9)
        assert [one.arn[-1] for one in rest.records] == ["1", "0"]

    def test_records_of_the_same_time_are_listed_once(self, repository: Repository) -> None:
        for number in range(3):
            one = record(number)
            repository.create(Record(one.arn, one.resource_type, one.body, one.parent, 1000.0))
        seen, start = set(), None
        for _ in range(3):
            page = repository.list(resource_type="Filter", start=start, limit=1)
            seen |= {one.arn for one in page.records}
            start = page.next
        assert len(seen) == 3 and start is None

    def test_invalid_position_is_refused(self, repository: Repository) -> None:
        with pytest.raises(InvalidNextToken):
            repository.list(resource_type="Filter", start="nonsense")

    def test_with_pending_work_lists_records_in_transition(self, repository: Repository) -> None:
        statuses = ["CREATE PENDING", "ACTIVE", "CREATE FAILED", "DELETE IN_PROGRESS", "IN_PROGRESS"]
        stored = [repository.create(record(place, status=status)) for place, status in enumerate(statuses)]
        update = {"status": "CREATE IN_PROGRESS"}
        repository.update(stored[1].with_(latestCampaignUpdate=update))
        assert [one.arn[-1] for one in repository.with_pending_work()] == ["0", "1", "3", "4"]
        repository.update(stored[0].with_(status="ACTIVE"))
        assert [one.arn[-1] for one in repository.with_pending_work()] == ["1", "3", "4"]
