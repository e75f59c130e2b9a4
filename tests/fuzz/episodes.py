"""Episodes: a seed → a new shop, a number of requests, lines and files, and what was wrong with them."""

from __future__ import annotations

import gc
import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz import lines, pages, searches, tables
from tests.fuzz.checks import check
from tests.fuzz.shop import EveryBundle, Shop
from tests.fuzz.shrink import smallest
from tests.fuzz.wire import Call, Requests


@dataclass(frozen=True)
class Failure:
    """One violation: what was sent, at its smallest, and what was wrong."""

    seed: int
    number: int
    problem: str
    sent: str

    def __str__(self) -> str:
        return f"seed {self.seed}, number {self.number}: {self.problem}\n{self.sent}"


@dataclass
class Findings:
    """What episodes have done."""

    failures: list[Failure] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    searches: Counter[int] = field(default_factory=Counter)
    pages: Counter[int] = field(default_factory=Counter)
    lines: int = 0
    files: int = 0

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    def keep(self, failure: Failure) -> None:
        """Keep a failure, unless there is one of the same kind."""
        kinds = {(one.problem[:60], one.sent[:30]) for one in self.failures}
        if (failure.problem[:60], failure.sent[:30]) not in kinds:
            self.failures.append(failure)


def send_requests(bundles: EveryBundle, seed: int, count: int, findings: Findings) -> None:
    """Send `count` requests to a new shop."""
    shop = Shop(bundles, seed)
    for number, call in zip(range(count), Requests(shop, Random(seed)), strict=False):
        answer = check(shop, call)
        findings.statuses[answer.status] += 1
        (findings.accepted if answer.accepted else findings.refused)[call.operation] += 1
        if answer.problem is not None:
            findings.keep(Failure(seed, number, answer.problem, _smallest_call(shop, call, answer.problem)))


def search(folder: Path, seed: int, count: int, findings: Findings) -> None:
    """Send `count` requests of OpenSearch clients."""
    endpoint = searches.Searches(folder)
    for number, one in zip(range(count), searches.generated(Random(seed)), strict=False):
        status, problem = endpoint.ask(one)
        findings.searches[status] += 1
        if problem is not None:
            findings.keep(Failure(seed, number, problem, str(_smallest_search(endpoint, one, problem))))


def open_pages(bundles: EveryBundle, seed: int, count: int, findings: Findings) -> None:
    """Send `count` requests for the console's pages."""
    console = pages.Pages(Shop(bundles, seed))
    for number, one in zip(range(count), pages.generated(console, Random(seed)), strict=False):
        status, problem = console.problem(one)
        findings.pages[status] += 1
        if problem is not None:
            findings.keep(Failure(seed, number, problem, str(one)))


def _smallest_search(
    endpoint: searches.Searches, search: searches.Searched, problem: str
) -> searches.Searched:
    if search.document is None:
        return search

    def fails(document: object) -> bool:
        return (endpoint.ask(search.with_document(document))[1] or "").startswith(problem[:40])

    return search.with_document(smallest(search.document, fails)) if fails(search.document) else search


def ask_lines(bundles: EveryBundle, seed: int, count: int, findings: Findings) -> None:
    """Answer `count` lines of batch jobs."""
    jobs = lines.Jobs(Shop(bundles, seed))
    for number, line in zip(range(count), lines.generated(jobs, Random(seed)), strict=False):
        findings.lines += 1
        problem = jobs.problem(line)
        if problem is not None:
            raw = smallest(line.raw, lambda raw, job=line.job: bool(jobs.problem(lines.Line(job, raw))))
            findings.keep(Failure(seed, number, problem, str(lines.Line(line.job, raw))))


def import_files(seed: int, count: int, findings: Findings) -> None:
    """Import `count` files."""
    for number, file in zip(range(count), tables.generated(Random(seed)), strict=False):
        findings.files += 1
        problem = tables.problem(file)
        if problem is not None:
            findings.keep(Failure(seed, number, problem, str(file)))


def _smallest_call(shop: Shop, call: Call, problem: str) -> str:
    """The smallest body that has the same problem in the shop as it is now."""
    if call.document is None:
        return str(call)
    kind = problem[:40]

    def fails(document: object) -> bool:
        return (check(shop, call.with_document(document)).problem or "").startswith(kind)

    return str(call.with_document(smallest(call.document, fails)) if fails(call.document) else call)


@dataclass(frozen=True)
class Held:
    """What this process holds: threads, open files, and memory in megabytes."""

    threads: int
    files: int
    megabytes: float

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc").exists() else 0
        files = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc").exists() else 0
        return cls(threading.active_count(), files, pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
