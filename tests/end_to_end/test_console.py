"""The console in a browser, against the local run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.browsing import AXE, CHROMIUM, findings
from tests.end_to_end.store import Store, until

pytestmark = [
    pytest.mark.skipif(
        not CHROMIUM or not AXE.exists(),
        reason="no browser: install Debian's chromium or set CHROMIUM, and run npm ci for axe-core",
    ),
]
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


@pytest.fixture(scope="module")
def own(endpoint: str) -> Store:
    """A shop for these tests only, because other tests count the events and imports of theirs."""
    found = Store(endpoint, "console")
    found.load_shop()
    return found


@pytest.fixture(scope="module")
def popular(own: Store) -> str:
    """A trained version of popularity."""
    return own.train("aws-popularity-count")


def test_datasets_are_shown_with_rows_and_progress(browser: Browser, own: Store) -> None:
    tab = browser.open("/")
    tab.get_by_role("link", name=own.name, exact=True).click()
    tab.wait_for_url(f"**/_console/groups/{own.name}")
    assert "2,400" in browser.text() and "2,400 of 1,000" in browser.text()
    assert findings(tab) == []
    tab.get_by_role("link", name="Interactions", exact=True).click()
    tab.get_by_role("row", name="EVENT_TYPE").wait_for()
    tab.get_by_role("link", name=f"{own.name}-Interactions-import").click()
    tab.get_by_text("s3://console-data/Interactions.csv").wait_for()
    assert findings(tab) == []


def test_each_page_shows_its_calls_as_programs_that_run(browser: Browser, own: Store) -> None:
    tab = browser.open(f"/_console/groups/{own.name}")
    tab.get_by_text("API calls of this page").click()
    program = tab.get_by_label("Calls as boto3").inner_text()
    names: dict[str, Any] = {}
    exec(program.replace("personalize.list_datasets(", "listed = personalize.list_datasets("), names)
    assert len(names["listed"]["datasets"]) == 2
    assert "aws personalize list-datasets" in tab.get_by_label("Calls as AWS CLI commands").inner_text()


def test_browser_gets_pages_and_an_sdk_gets_buckets(endpoint: str, own: Store) -> None:
    assert f"{own.name}-data" in [one["Name"] for one in own.s3.list_buckets()["Buckets"]]
    with urlopen(Request(endpoint, headers={"Accept": "text/html"})) as page:
        assert page.headers["Content-Type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.fixture(scope="module")
def for_you(own: Store) -> str:
    """The name of a campaign that recommends to users, with an event tracker."""
    expression = "INCLUDE ItemID WHERE Items.AISLE IN ($AISLE)"
    own.personalize.create_filter(
        name="console-aisle", datasetGroupArn=own.group, filterExpression=expression
    )
    assert own.tracking_id
    own.deploy("for-you", own.train("aws-user-personalization-v2"))
    return f"{own.name}-for-you"


def recommend(own: Store, campaign: str, user: str) -> None:
    """A request of an application."""
    (arn,) = [
        one["campaignArn"]
        for one in own.personalize.list_campaigns(maxResults=100)["campaigns"]
        if one["name"] == campaign
    ]
    own.client("personalize-runtime").get_recommendations(campaignArn=arn, userId=user)


def names(tab: Any, number: int = 0) -> list[str]:
    """The items of a list on the page."""
    found: list[str] = tab.locator(".results").nth(number).locator(".name bdi").all_inner_texts()
    return found


def test_user_has_a_history_and_a_list_with_scores_and_reasons(
    browser: Browser, own: Store, for_you: str
) -> None:
    tab = browser.open(f"/_console/groups/{own.name}/ask?campaign={for_you}")
    tab.get_by_label("User ID").fill("customer-1")
    tab.locator("#subjects option[value=customer-1]").wait_for(state="attached")
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="customer-1").wait_for()
    assert tab.locator(".history li").count() >= 10 and len(names(tab)) == 25
    assert "Because of" in tab.locator(".why").first.inner_text()
    assert findings(tab) == []


def test_event_that_is_clicked_changes_the_list(browser: Browser, own: Store, for_you: str) -> None:
    tab = browser.open(f"/_console/groups/{own.name}/ask?campaign={for_you}&user={quote(HOSTILE)}")
    tab.get_by_text("The model does not know this user").wait_for()
    before = names(tab)
    tab.locator(".results button").nth(3).click()
    tab.get_by_role("status").get_by_text("Sent purchase").wait_for()
    assert tab.locator(".history .streamed bdi").all_inner_texts() == [before[3]]
    assert names(tab) != before
    assert tab.locator(".results .tag").count() > 0
    assert tab.inner_text(".ask h2").startswith("<img src=x") and tab.locator("img").count() == 0
    assert findings(tab) == []


def test_two_campaigns_are_compared_with_a_filter(
    browser: Browser, own: Store, for_you: str, popular: str
) -> None:
    own.deploy("other", popular)
    query = f"campaign={for_you}&compare={own.name}-other&user=customer-1"
    tab = browser.open(f"/_console/groups/{own.name}/ask?{query}&filter=console-aisle&value.AISLE=tea")
    assert "15 of 60 items pass the filter" in browser.text()
    assert set(names(tab, 0)) == set(names(tab, 1)) and len(names(tab, 0)) == 15
    assert "there" in tab.locator(".results .tag").first.inner_text()
    tab.get_by_label("Value of $AISLE").fill("")
    tab.get_by_role("button", name="Ask").click()
    tab.get_by_text("No answer").first.wait_for()
    assert findings(tab) == []


def test_form_of_another_site_sends_no_event(endpoint: str, own: Store, for_you: str) -> None:
    target = f"{endpoint}/_console/groups/{own.name}/ask?campaign={for_you}&user=victim"
    for origin in ({"Origin": "https://attacker.example"}, {"Origin": "null"}, {}):
        headers = {"Content-Type": "application/x-www-form-urlencoded", **origin}
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(target, b"send=tea-01&event-type=purchase", headers))
        assert refused.value.code == 403
        refused.value.close()
    with urlopen(Request(target, headers={"Accept": "text/html"})) as page:
        assert "The model does not know this user" in page.read().decode()


def test_similar_items_lead_from_item_to_item(browser: Browser, store: Store, campaign: str) -> None:
    tab = browser.open(f"/_console/groups/{store.name}/ask?campaign={store.name}-similar")
    tab.locator(".people a").first.focus()
    tab.keyboard.press("Enter")
    tab.locator(".results a").first.click()
    tab.get_by_role("heading", name="Item", exact=True).wait_for()
    assert len(names(tab)) > 5


def test_version_is_compared_with_popularity_and_has_its_curve_and_log(
    browser: Browser, own: Store, for_you: str
) -> None:
    tab = browser.open(f"/_console/groups/{own.name}/solutions")
    tab.get_by_role("link", name=f"{own.name}-aws-user-personalization-v2").click()
    tab.locator("tbody th a").first.click()
    tab.get_by_role("heading", name="Metrics beside popularity").wait_for()
    assert "NDCG@25" in browser.text() and "×" in browser.text()
    assert tab.locator(".chart canvas").count() == 1
    assert tab.get_by_role("row", name="Encoder").count() == 1
    assert "metrics on" in tab.get_by_label("Log of the training job").inner_text()
    assert findings(tab) == []


def test_campaign_shows_its_requests_and_latency(browser: Browser, own: Store, for_you: str) -> None:
    recommend(own, for_you, "customer-2")
    until(lambda: {"status": "seen" if _measured(browser, own, for_you) else "waiting"}, "seen")
    assert browser.tab.locator(".chart canvas").count() == 2
    assert findings(browser.tab) == []


def _measured(browser: Browser, own: Store, name: str) -> bool:
    browser.open(f"/_console/groups/{own.name}/campaigns/{name}?range=1h")
    return "No requests in this range" not in browser.text()


def test_data_are_shown_as_distributions(browser: Browser, own: Store, for_you: str) -> None:
    tab = browser.open(f"/_console/groups/{own.name}/datasets/INTERACTIONS")
    tab.get_by_role("heading", name="Distributions").wait_for()
    assert tab.locator(".chart canvas").count() == 2
    assert "2,400" in tab.get_by_role("row", name="purchase").inner_text()
    assert findings(tab) == []
    browser.open(f"/_console/groups/{own.name}/datasets/ITEMS")
    assert "15" in tab.get_by_role("row", name="cheese").inner_text()
    assert findings(tab) == []


def test_events_are_followed_into_the_profile_and_refusals_are_listed(
    browser: Browser, own: Store, for_you: str
) -> None:
    own.send("s", {"eventType": "purchase", "itemId": "tea-01"}, user=HOSTILE)
    with pytest.raises(ClientError):
        own.send("s", {"eventType": "purchase", "itemId": "tea-01", "sentAt": 5}, user="early")
    until(lambda: {"status": "seen" if _followed(browser, own) else "waiting"}, "seen")
    assert findings(browser.tab) == []


def _followed(browser: Browser, own: Store) -> bool:
    tab = browser.open(f"/_console/groups/{own.name}/events")
    text = tab.locator("#recent").inner_text()
    return HOSTILE[:20] in text and "Yes\tYes" in text and "InvalidInputException" in browser.text()


def test_jobs_show_failures_with_a_remedy_and_results_as_a_table(
    browser: Browser, own: Store, popular: str
) -> None:
    target = f"s3://{own.bucket}/console/out/"
    batch = own.personalize.create_batch_inference_job(
        jobName="console-batch",
        solutionVersionArn=popular,
        jobInput={"s3DataSource": {"path": own.put("console/in/items.json", '{"userId": "customer-1"}')}},
        jobOutput={"s3DataDestination": {"path": target}},
        roleArn=own.role,
        numResults=5,
    )["batchInferenceJobArn"]
    bad = own.personalize.create_dataset_import_job(
        jobName="console-bad",
        datasetArn=own.datasets["Items"],
        dataSource={"dataLocation": own.put("console/bad.csv", "ITEM_ID\nx\n")},
        roleArn=own.role,
    )["datasetImportJobArn"]
    own.wait("batch_inference_job", "batchInferenceJob", batch)
    own.wait("dataset_import_job", "datasetImportJob", bad, "CREATE FAILED")
    tab = browser.open(f"/_console/groups/{own.name}/jobs")
    assert "missing the following columns" in browser.text() and "Rename the columns" in browser.text()
    assert findings(tab) == []
    tab.get_by_role("link", name="console-batch").click()
    assert len(tab.locator(".chip").all()) == 5
    assert findings(tab) == []
    tab = browser.open(f"/_console/groups/{own.name}")
    tab.get_by_text("The newest import of ITEMS failed").wait_for()


def test_search_has_both_orders_and_cost_has_what_was_done(
    browser: Browser, own: Store, for_you: str
) -> None:
    tab = browser.open(f"/_console/groups/{own.name}/search")
    tab.get_by_label("Words").fill("cheese")
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="By the words").wait_for()
    assert {name.partition("-")[0] for name in names(tab)} == {"cheese"}
    assert "opensearch.search(" in (tab.locator(".calls pre").first.text_content() or "")
    assert findings(tab) == []
    tab = browser.open("/_console/cost")
    tab.get_by_text("A local run costs nothing").wait_for()
    assert findings(tab) == []


def test_group_without_data_says_what_to_do_on_every_page(browser: Browser, own: Store) -> None:
    own.personalize.create_dataset_group(name="empty")
    for page in ("", "/ask", "/solutions", "/campaigns", "/events", "/jobs", "/search"):
        tab = browser.open(f"/_console/groups/empty{page}")
        assert tab.locator(".empty").count() > 0, page
    assert findings(tab) == []


def test_pages_fit_narrow_screens_in_dark_colors_and_work_by_keyboard(
    browser: Browser, own: Store, for_you: str
) -> None:
    tab = browser.tab
    tab.emulate_media(color_scheme="dark")
    tab.set_viewport_size({"width": 360, "height": 740})
    for page in ("", f"/ask?campaign={for_you}&user=customer-3", "/solutions", "/events", "/jobs"):
        browser.open(f"/_console/groups/{own.name}{page}")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360, page
        assert findings(tab) == [], page
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to content"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_unknown_name_is_explained_and_hostile_text_stays_text(browser: Browser) -> None:
    tab = browser.open("/_console/groups/" + "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    tab.get_by_role("heading", name="Not found").wait_for()
    assert "<img src=x" in tab.inner_text("header") and tab.locator("img").count() == 0
    assert findings(tab) == []
    browser.errors.clear()  # Chromium logs each page with the status 404
