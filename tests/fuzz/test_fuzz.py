"""A few seeds of each kind of `make fuzz`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from tests.fuzz.__main__ import ENVIRONMENT
from tests.fuzz.episodes import Findings, Held, ask_lines, import_files, open_pages, search, send_requests
from tests.fuzz.pages import injected
from tests.fuzz.shop import EveryBundle, open_bundles

pytestmark = pytest.mark.slow

TABLE_SEED, MEMORY_SEEDS = 5, (1, 2, 3)
"""Seeds whose records are in a table (multiples of five), and seeds whose records are in memory."""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EveryBundle]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield open_bundles(tmp_path_factory.mktemp("bundles"))


@pytest.mark.parametrize("seed", [TABLE_SEED, *MEMORY_SEEDS])
def test_no_request_fails_inside_or_writes_although_it_is_refused(bundles: EveryBundle, seed: int) -> None:
    findings = Findings()
    send_requests(bundles, seed, 300 if seed in MEMORY_SEEDS else 150, findings)
    assert not findings.failures, "\n".join(map(str, findings.failures))
    # The requests reach what they are for: most operations do something, and most refuse something.
    assert len(findings.accepted) > 20 and len(findings.refused) > 40


def test_no_search_fails_inside(tmp_path: Path) -> None:
    findings = Findings()
    search(tmp_path, 1, 400, findings)
    assert not findings.failures, "\n".join(map(str, findings.failures))
    assert findings.searches[200] > 50 and findings.searches[400] > 50


def test_every_line_of_a_batch_job_has_an_answer(bundles: EveryBundle) -> None:
    findings = Findings()
    ask_lines(bundles, 1, 300, findings)
    assert not findings.failures, "\n".join(map(str, findings.failures))


@pytest.mark.parametrize("seed", [1, 2])
def test_imports_read_what_another_reader_reads_or_leave_nothing(seed: int) -> None:
    findings = Findings()
    import_files(seed, 100, findings)
    assert not findings.failures, "\n".join(map(str, findings.failures))


def test_requests_leave_no_threads_and_no_open_files(bundles: EveryBundle) -> None:
    send_requests(bundles, 1, 50, Findings())
    before = Held.now()
    send_requests(bundles, 2, 50, Findings())
    after = Held.now()
    assert (after.threads, after.files) <= (before.threads, before.files)


def test_no_page_of_the_console_fails_or_gives_way(bundles: EveryBundle) -> None:
    findings = Findings()
    open_pages(bundles, 1, 120, findings)
    assert not findings.failures, "\n".join(map(str, findings.failures))
    assert findings.pages[200] > 30 and findings.pages[403] > 3


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("<p><xss a=1></p>", "the page has an element xss"),
        ('<input value="" onxss="1">', "input has an attribute onxss"),
        ('<a href="javascript:xss()">x</a>', "a has the href javascript:xss()"),
        ("<p>1337</p>", "the page has evaluated a text"),
        ("<p>&lt;xss&gt; {{7*191}}</p>", None),
    ],
)
def test_text_that_a_page_does_not_escape_is_found(page: str, problem: str | None) -> None:
    assert injected(page) == problem
