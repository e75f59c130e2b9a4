"""The working folders of jobs in the lake: batch jobs, data deletions, and metric attributions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchFolder:
    """The working folder of a batch inference or batch segment job while it runs."""

    prefix: str

    @property
    def shards(self) -> str:
        """The key of the list of shards."""
        return f"{self.prefix}shards.json"

    @property
    def files(self) -> str:
        """The key of the list of input files."""
        return f"{self.prefix}files.json"

    @property
    def audience(self) -> str:
        """The key of the list of users who get no message."""
        return f"{self.prefix}audience.json"

    @property
    def repeated(self) -> str:
        """The key of the users whom several lines name, each with the place of the first one."""
        return f"{self.prefix}repeated.json"

    def spent(self, part: str) -> str:
        """The key of what the texts of a shard may have cost so far, in US dollars."""
        return f"{self.prefix}spent/{part.removeprefix(f'{self.prefix}parts/')}"

    def part(self, file: int, shard: int) -> str:
        """The key of the answers of one shard."""
        return f"{self.prefix}parts/{file:06}/{shard:06}.jsonl"

    @property
    def counts(self) -> str:
        """The prefix of the marks with the counts of each shard."""
        return f"{self.prefix}counts/"

    def count(self, part: str, lines: int, answered: int) -> str:
        """The key of the mark of a shard, whose answers are in `part`. The key has the counts.

        So all shards of a job are counted by listing keys, without reading an object for each.
        """
        return f"{self.counts}{part.removeprefix(f'{self.prefix}parts/')}/{lines}-{answered}"

    def counted(self, key: str) -> tuple[str, int, int]:
        """The part, the lines and the answered lines that a mark stands for: the inverse of `count`."""
        shard, _, numbers = key.removeprefix(self.counts).rpartition("/")
        lines, _, answered = numbers.partition("-")
        return f"{self.prefix}parts/{shard}", int(lines), int(answered)


@dataclass(frozen=True)
class DeletionFolder:
    """The working folder of a data deletion job while it runs."""

    prefix: str

    @property
    def tasks(self) -> str:
        """The key of the list of tasks."""
        return f"{self.prefix}work.json"

    @property
    def sessions(self) -> str:
        """The key of the list of sessions whose events are deleted."""
        return f"{self.prefix}sessions.json"

    @property
    def users_digest(self) -> str:
        """The key of the digest of the list of users for which the tasks were planned."""
        return f"{self.prefix}users.digest"

    @property
    def counts(self) -> str:
        """The prefix of the numbers of deleted rows."""
        return f"{self.prefix}counts/"

    def count(self, task: str) -> str:
        """The key of the number of rows that one task deletes."""
        return f"{self.counts}{task}"


@dataclass(frozen=True)
class AttributionFolder:
    """What the runs of a metric attribution have counted."""

    prefix: str

    @property
    def events_progress(self) -> str:
        """The key of the number of the newest batch of streamed events."""
        return f"{self.prefix}events/place.json"

    def events_batch(self, number: int) -> AttributionBatchFolder:
        """The folder of one batch of streamed events."""
        return AttributionBatchFolder(f"{self.prefix}events/{number:08}/")

    def import_batch(self, job_name: str) -> AttributionBatchFolder:
        """The folder of the batch of one import."""
        return AttributionBatchFolder(f"{self.prefix}imports/{job_name}/")


@dataclass(frozen=True)
class AttributionBatchFolder:
    """Figures that are counted together and sent once."""

    prefix: str

    @property
    def figures(self) -> str:
        """The key of the figures."""
        return f"{self.prefix}batch.json"

    @property
    def done(self) -> str:
        """The key of the mark that says that all figures were sent."""
        return f"{self.prefix}done"

    def sent(self, request: int) -> str:
        """The key of the mark of one request that is being sent or was sent."""
        return f"{self.prefix}sent-{request:04}"
