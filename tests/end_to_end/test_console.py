"""The console in a browser, against the local run."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end import shop
from tests.end_to_end.browsing import AXE, CHROMIUM, findings
from tests.end_to_end.store import SCHEMAS, Store, until

pytestmark = pytest.mark.skipif(
    not CHROMIUM or not AXE.exists(),
    reason="no browser: install Debian's chromium or set CHROMIUM, and run npm ci for axe-core",
)
HOSTILE = "<img src=x onerror=alert(1)> \u202e\u05e9\u05dc\u05d5\u05dd"
IMAGES = "https://images.example"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'
DEVICE = {"name": "DEVICE", "type": ["null", "string"], "categorical": True}
OWN_SCHEMAS = {
    "Interactions": [*SCHEMAS["Interactions"], DEVICE],
    "Items": [*SCHEMAS["Items"], {"name": "IMAGE_URL", "type": "string"}],
    "Actions": [{"name": "ACTION_ID", "type": "string"}, {"name": "VALUE", "type": ["null", "long"]}],
    "Action_Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ACTION_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
}
VIDEO_SCHEMAS = {"Interactions": SCHEMAS["Interactions"]}


def with_column(csv: str, name: str, value: Callable[[str], str]) -> str:
    """A CSV file with one more column, whose value is made of the row."""
    header, *rows = csv.splitlines()
    return "\n".join([f"{header},{name}", *(f"{row},{value(row)}" for row in rows)]) + "\n"


def interactions_csv() -> str:
    """Some customers are on a phone, the others on a desktop."""
    return with_column(
        shop.interactions_csv(), "DEVICE", lambda row: ("phone", "desktop")[len(row.split(",")[0]) % 2]
    )


def items_csv() -> str:
    return with_column(shop.items_csv(), "IMAGE_URL", lambda row: f"{IMAGES}/{row.split(',')[0]}.svg")


def action_interactions_csv() -> str:
    """Customers of two aisles subscribe, those of the other two refer friends."""
    rows = ["USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP"]
    for customer in range(shop.CUSTOMERS):
        for action, takes in (("subscribe", customer % 4 < 2), ("refer", customer % 4 >= 2)):
            taken = "Taken" if takes else "Not Taken"
            rows.append(f"customer-{customer},{action},{taken},{shop.START + 5_184_000 + 60 * customer}")
    return "\n".join(rows) + "\n"


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
def tab(endpoint: str) -> Iterator[Any]:
    """One tab for all tests. Images of items are answered here."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        found = chromium.new_page()
        found.set_default_timeout(20_000)
        found.route(f"{IMAGES}/**", lambda route: route.fulfill(content_type="image/svg+xml", body=PICTURE))
        yield found
        chromium.close()


@pytest.fixture(scope="module")
def errors(tab: Any) -> list[str]:
    """What the tab's pages log as errors."""
    found: list[str] = []
    tab.on("console", lambda line: line.type == "error" and found.append(line.text))
    tab.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.fixture
def browser(tab: Any, errors: list[str], endpoint: str) -> Iterator[Browser]:
    errors.clear()
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size({"width": 1280, "height": 800})
    yield Browser(tab, endpoint, errors)
    assert errors == []


@pytest.fixture(scope="module")
def own(endpoint: str) -> Store:
    """A shop for these tests only, because other tests count the events and imports of theirs."""
    found = Store(endpoint, "console", schemas=OWN_SCHEMAS)
    found.load("Interactions", interactions_csv())
    found.load("Items", items_csv())
    return found


def test_datasets_are_shown_with_rows_and_progress(browser: Browser, own: Store) -> None:
    tab = browser.open("/")
    tab.get_by_role("link", name=own.name, exact=True).click()
    tab.wait_for_url(f"**/_console/groups/{own.name}")
    assert "2,400 of 1,000" in browser.text() and "200 of 25" in browser.text()
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
def ranking(own: Store, for_you: str) -> str:
    """The name of a campaign that orders items for users."""
    own.deploy("ranking", own.train("aws-personalized-ranking-v2"))
    return f"{own.name}-ranking"


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


def arn_of(own: Store, campaign: str) -> str:
    (arn,) = [
        one["campaignArn"]
        for one in own.personalize.list_campaigns(maxResults=100)["campaigns"]
        if one["name"] == campaign
    ]
    return str(arn)


def served(own: Store, campaign: str) -> str:
    """The solution version of a campaign."""
    described = own.personalize.describe_campaign(campaignArn=arn_of(own, campaign))["campaign"]
    return str(described["solutionVersionArn"])


def recommend(own: Store, campaign: str, user: str) -> None:
    """A request of an application."""
    own.client("personalize-runtime").get_recommendations(campaignArn=arn_of(own, campaign), userId=user)


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
    assert tab.locator(".results img").count() == 25
    assert tab.locator(".results img").first.evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
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
    assert tab.inner_text(".ask h2").startswith("<img src=x") and tab.locator("img[src=x]").count() == 0


def test_two_campaigns_are_compared_with_a_filter(
    browser: Browser, own: Store, for_you: str, ranking: str
) -> None:
    query = f"campaign={for_you}&compare={ranking}&user=customer-1"
    tab = browser.open(f"/_console/groups/{own.name}/ask?{query}&filter=console-aisle&value.AISLE=tea")
    assert "15 of 60 items pass the filter" in browser.text()
    assert len(names(tab, 0)) == 15 and set(names(tab, 1)) <= set(names(tab, 0))
    tags = tab.locator(".results").first.locator(".tag").all_inner_texts()
    assert len(tags) == 15 and all(re.fullmatch(r"#\d+ there|only here", tag) for tag in tags)
    tab.get_by_label("Value of $AISLE").fill("")
    tab.get_by_role("button", name="Ask").click()
    tab.get_by_text("No answer").first.wait_for()
    assert findings(tab) == []


def test_promotion_and_context_are_controls_of_a_request(browser: Browser, own: Store, for_you: str) -> None:
    tab = browser.open(f"/_console/groups/{own.name}/ask?campaign={for_you}&user=on-a-phone")
    tab.get_by_text("Filter, promotion, context").click()
    tab.get_by_label("Promote items of the filter").select_option("console-aisle")
    tab.get_by_label("Promoted, in percent").fill("40")
    tab.get_by_label("Context DEVICE").fill("phone")
    tab.get_by_role("button", name="Ask").click()
    tab.get_by_label("Value of $AISLE").fill("tea")
    tab.get_by_role("button", name="Ask").click()
    tab.locator(".tag.promoted").first.wait_for()
    promoted = tab.locator(".results li:has(.promoted) .name bdi").all_inner_texts()
    assert len(promoted) == 10 and {name.partition("-")[0] for name in promoted} == {"tea"}
    program = tab.locator(".calls pre").first.text_content() or ""
    assert "'DEVICE': 'phone'" in program and "'percentPromotedItems': 40" in program
    tab.locator(".results button").first.click()
    tab.get_by_role("status").get_by_text("Sent purchase").wait_for()
    assert '{"DEVICE": "phone"}' in (tab.locator(".calls pre").first.text_content() or "")


def test_next_best_actions_are_asked_for_a_user(browser: Browser, own: Store) -> None:
    own.load("Actions", "ACTION_ID,VALUE\nsubscribe,5\nrefer,1\n")
    own.load("Action_Interactions", action_interactions_csv())
    own.deploy("actions", own.train("aws-next-best-action"))
    tab = browser.open(f"/_console/groups/{own.name}/ask?campaign={own.name}-actions&user=customer-0")
    assert names(tab) == ["subscribe", "refer"]
    assert tab.locator(".results .score .meter").count() == 2
    assert "get_action_recommendations(" in (tab.locator(".calls pre").first.text_content() or "")


@pytest.fixture(scope="module")
def video(endpoint: str) -> Store:
    """A group with a domain, and a recommender that answers for an item."""
    found = Store(endpoint, "console-video", domain="VIDEO_ON_DEMAND", schemas=VIDEO_SCHEMAS)
    found.load("Interactions", shop.interactions_csv().replace(",purchase", ",Watch"))
    found.wait("recommender", "recommender", found.recommender("aws-vod-because-you-watched-x"))
    return found


def test_group_with_a_domain_shows_the_events_that_its_use_cases_need(browser: Browser, video: Store) -> None:
    browser.open(f"/_console/groups/{video.name}")
    assert "Watch events" in browser.text() and "Needed by aws-vod-" in browser.text()


def test_recommender_answers_and_leads_from_item_to_item(browser: Browser, video: Store) -> None:
    tab = browser.open(f"/_console/groups/{video.name}/campaigns")
    assert "Recommender" in tab.get_by_role("row", name="aws-vod-because-you-watched-x").first.inner_text()
    tab.get_by_role("link", name="Ask aws-vod-because-you-watched-x").click()
    tab.locator(".people a").first.focus()
    tab.keyboard.press("Enter")
    tab.locator(".results a").first.click()
    tab.get_by_role("heading", name="Item", exact=True).wait_for()
    assert len(names(tab)) > 5
    assert findings(tab) == []
    browser.open(f"/_console/groups/{video.name}/recommenders/aws-vod-because-you-watched-x")
    tab.get_by_role("link", name="Ask for recommendations").wait_for()


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


def test_version_is_compared_with_popularity_and_has_its_curve_and_log(
    browser: Browser, own: Store, for_you: str
) -> None:
    tab = browser.open(f"/_console/groups/{own.name}/solutions")
    tab.get_by_role("link", name=f"{own.name}-aws-user-personalization-v2").click()
    tab.locator("tbody th a").first.click()
    tab.get_by_role("heading", name="Metrics beside popularity").wait_for()
    assert "NDCG@25" in browser.text() and "×" in browser.text()
    assert "Cost of the training" in browser.text() and "USD on 1 ml." in browser.text()
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
    events = tab.get_by_role("row", name="purchase").inner_text()  # with those that other tests have sent
    assert re.search(r"2,4\d\d", events)
    assert findings(tab) == []
    browser.open(f"/_console/groups/{own.name}/datasets/ITEMS")
    assert "15" in tab.get_by_role("row", name="cheese").inner_text()


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
    browser: Browser, own: Store, for_you: str
) -> None:
    target = f"s3://{own.bucket}/console/out/"
    batch = own.personalize.create_batch_inference_job(
        jobName="console-batch",
        solutionVersionArn=served(own, for_you),
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


def test_segments_are_a_table_of_users(browser: Browser, own: Store) -> None:
    job = own.personalize.create_batch_segment_job(
        jobName="console-segment",
        solutionVersionArn=own.train("aws-item-affinity"),
        jobInput={"s3DataSource": {"path": own.put("console/in/segment.json", '{"itemId": "tea-01"}')}},
        jobOutput={"s3DataDestination": {"path": f"s3://{own.bucket}/console/segments/"}},
        roleArn=own.role,
        numResults=8,
    )["batchSegmentJobArn"]
    own.wait("batch_segment_job", "batchSegmentJob", job)
    tab = browser.open(f"/_console/groups/{own.name}/jobs")
    tab.get_by_role("link", name="console-segment").click()
    tab.get_by_role("columnheader", name="Users").wait_for()
    assert "tea-01" in tab.get_by_role("row").nth(1).inner_text()
    users = tab.locator(".chip").all_inner_texts()
    assert len(users) == 8 and all(user.startswith("customer-") for user in users)


def test_search_has_both_orders_and_cost_has_what_was_done(
    browser: Browser, own: Store, ranking: str
) -> None:
    tab = browser.open(f"/_console/groups/{own.name}/search")
    tab.get_by_label("Words").fill("cheese")
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="By the words").wait_for()
    assert {name.partition("-")[0] for name in names(tab)} == {"cheese"}
    assert "opensearch.search(" in (tab.locator(".calls pre").first.text_content() or "")
    tab.get_by_label("For the user").fill("customer-1")
    tab.get_by_label("Weight of the user").select_option("0.9")
    tab.get_by_role("button", name="Search").click()
    tab.get_by_role("heading", name="For customer-1").wait_for()
    assert set(names(tab, 0)) & set(names(tab, 1)) and names(tab, 0) != names(tab, 1)
    assert tab.locator(".results").nth(1).locator(".tag").count() > 0
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
        assert findings(tab, "color-contrast") == [], page
    warning = '<ul class="warnings"><li>normalized_discounted_cumulative_gain_at_25 is low</li></ul>'
    tab.evaluate("text => document.querySelector('main').insertAdjacentHTML('beforeend', text)", warning)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360, "a warning with a metric"
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
