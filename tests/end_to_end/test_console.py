"""The console in a browser, against the local run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.end_to_end.browsing import AXE, CHROMIUM, findings
from tests.end_to_end.store import Store

pytestmark = pytest.mark.skipif(
    not CHROMIUM or not AXE.exists(),
    reason="no browser: install Debian's chromium or set CHROMIUM, and run npm ci for axe-core",
)
HOSTILE = "<img src=x onerror=alert(1)> \u202e\u05e9\u05dc\u05d5\u05dd"


@dataclass
class Browser:
    """A tab whose pages must not log errors."""

    tab: Any
    endpoint: str
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Any:
        self.tab.goto(self.endpoint + path)
        return self.tab

    def text(self) -> str:
        found: str = self.tab.inner_text("main")
        return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium: Any, endpoint: str) -> Iterator[Browser]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    found = Browser(context.new_page(), endpoint)
    found.tab.set_default_timeout(20_000)
    found.tab.on("console", lambda line: line.type == "error" and found.errors.append(line.text))
    found.tab.on("pageerror", lambda error: found.errors.append(str(error)))
    yield found
    context.close()
    assert found.errors == []


def test_datasets_are_shown_with_rows_and_progress(browser: Browser, store: Store, campaign: str) -> None:
    tab = browser.open("/")
    tab.get_by_role("link", name=store.name, exact=True).click()
    tab.wait_for_url(f"**/_console/groups/{store.name}")
    assert "2,400" in browser.text() and "2,400 of 1,000" in browser.text()
    assert findings(tab) == []
    tab.get_by_role("link", name="Interactions", exact=True).click()
    tab.get_by_role("row", name="EVENT_TYPE").wait_for()
    tab.get_by_role("link", name=f"{store.name}-Interactions-import").click()
    tab.get_by_text("s3://similar-items-data/Interactions.csv").wait_for()
    assert findings(tab) == []


def test_each_page_shows_its_calls_as_programs_that_run(
    browser: Browser, store: Store, campaign: str
) -> None:
    tab = browser.open(f"/_console/groups/{store.name}")
    tab.get_by_text("API calls of this page").click()
    program = tab.get_by_label("Calls as boto3").inner_text()
    names: dict[str, Any] = {}
    exec(program.replace("personalize.list_datasets(", "listed = personalize.list_datasets("), names)
    assert len(names["listed"]["datasets"]) == 2
    assert "aws personalize list-datasets" in tab.get_by_label("Calls as AWS CLI commands").inner_text()


def test_browser_gets_pages_and_an_sdk_gets_buckets(endpoint: str, store: Store, campaign: str) -> None:
    assert f"{store.name}-data" in [one["Name"] for one in store.s3.list_buckets()["Buckets"]]
    with urlopen(Request(endpoint, headers={"Accept": "text/html"})) as page:
        assert page.headers["Content-Type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_unknown_name_is_explained_and_hostile_text_stays_text(browser: Browser) -> None:
    tab = browser.open("/_console/groups/" + "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    tab.get_by_role("heading", name="Not found").wait_for()
    assert "<img src=x" in tab.inner_text("header") and tab.locator("img").count() == 0
    assert findings(tab) == []
    browser.errors.clear()  # Chromium logs each page with the status 404
