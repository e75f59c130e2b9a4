"""A shop with all four services in this process, behind API Gateway and on DynamoDB in memory."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import boto3

from lambdas.control.own_operations import own_operations
from lambdas.events.catalog import Catalog
from lambdas.events.kinesis import KinesisTransport
from lambdas.events.operations import operations as event_operations
from lambdas.events.targets import EventTargets
from lambdas.runtime.deprecated_headers import with_explain
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from lambdas.stores.upserts import CatalogUpserts
from lambdas.support import audit
from lambdas.support.authorization import Authorizer
from lambdas.support.http import serve
from lambdas.support.metrics import RequestMetrics
from lambdas.support.observer import LambdaObserver
from lambdas.support.policy_simulation import PolicySimulation
from lambdas.support.settings import Settings
from local.functions.worker import Outcome
from local.http.gateway import Gateway, Route
from local.http.messages import Request, Response
from local.iam.roles import Identity
from tastemaker.contracts.deployment import DEPLOYMENT
from tastemaker.contracts.stage_summary import StageSummary
from tastemaker.control import registry
from tastemaker.control.core.records import Record, Repository
from tastemaker.masks import MaskCache
from tastemaker.models import Bundle
from tastemaker.serving.action_recommendations import get_action_recommendations
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.loaded import LoadedBundle
from tastemaker.serving.personalized_ranking import get_personalized_ranking
from tastemaker.serving.recommendations import get_recommendations
from tastemaker.serving.runtime import Runtime
from tastemaker.wire import Service
from tests.contract.requests import populate
from tests.fuzz.limits import Writes, allowing_everything
from tests.fuzz.own_operations import own_requests
from tests.lambdas.aws import TABLE, create_resources_table, create_table
from tests.lambdas.refreshing.test_refresh_actions import write_action_bundle
from tests.standard_schemas import ACTION_ID, EVENT_TYPE, ITEM_ID, TIMESTAMP, USER_ID, avro, field
from tests.tastemaker.batch.test_segments import Fans
from tests.tastemaker.control import shop as make
from tests.tastemaker.control.fakes import SCOPE, world
from tests.tastemaker.extensions.texts import text_function
from tests.tastemaker.serving.films import write_bundle

ACCOUNT = SCOPE.account
RUNTIME_PATHS = ("/recommendations", "/personalize-ranking", "/action-recommendations")
EVENTS_PATHS = ("/events", "/items", "/users", "/actions", "/action-interactions")
CREDENTIAL = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261128/eu-west-1/personalize/aws4_request, Signature=0"
)

SCHEMAS = {
    "Interactions": [
        USER_ID,
        ITEM_ID,
        TIMESTAMP,
        EVENT_TYPE,
        field("EVENT_VALUE", ["null", "float"]),
        field("DEVICE", ["null", "string"], categorical=True),
        field("MINUTES", ["null", "int"]),
        field("HEARD", ["null", "boolean"]),
    ],
    "Items": [
        ITEM_ID,
        field("GENRES", ["null", "string"], categorical=True),
        field("YEAR", ["null", "float"]),
        field("COLOR", ["null", "boolean"]),
        field("STOCK", ["null", "long"]),
        field("SUMMARY", ["null", "string"], textual=True),
        field("CREATION_TIMESTAMP", ["null", "long"]),
    ],
    "Users": [USER_ID, field("AGE", ["null", "int"]), field("TIER", ["null", "string"], categorical=True)],
    "Actions": [
        ACTION_ID,
        field("VALUE", ["null", "int"]),
        field("ACTION_EXPIRATION_TIMESTAMP", ["null", "long"]),
    ],
    "Action_Interactions": [USER_ID, ACTION_ID, EVENT_TYPE, TIMESTAMP, field("DEVICE", ["null", "string"])],
}
RECIPES = {
    "v2": ("aws-user-personalization-v2", "sequence"),
    "v1": ("aws-user-personalization", "sequence"),
    "popular": ("aws-popularity-count", "popularity"),
    "similar": ("aws-similar-items", "similar"),
    "ranking": ("aws-personalized-ranking-v2", "sequence"),
    "actions": ("aws-next-best-action", "actions"),
}
FILTERS = {
    "plain": 'INCLUDE ItemID WHERE Items.GENRES IN ("space", "love")',
    "asked": "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES) AND Items.YEAR > $YEAR",
    "seen": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    "grown": "INCLUDE ItemID WHERE Items.YEAR > 1950 IF CurrentUser.AGE > 18",
}


SEEDS_OF_THE_TABLE = 5
"""Every so many seeds have records in the table, which is slow. The others have them in memory."""


class EveryBundle(dict[str, LoadedBundle]):
    """The films' bundles by address. Models that the control plane trained are the films' too."""

    def __missing__(self, uri: str) -> LoadedBundle:
        return self["s3://lake/sequence/"]

    def get(self, uri: str, default: Any = None) -> LoadedBundle:
        return self[uri]

    def has(self, uri: str) -> bool:
        return True

    def prefetch(self, uri: str, seconds: float) -> bool:
        return True

    def ready(self, uri: str) -> bool:
        return True

    def prepare(self, uri: str) -> bool:
        return False


def open_bundles(folder: Path) -> EveryBundle:
    """Bundles of all the models that the shop serves."""
    for kind in ("sequence", "popularity", "similar"):
        write_bundle(folder / kind, kind)
    write_action_bundle(folder / "actions")
    bundles = EveryBundle(
        {f"s3://lake/{path.name}/": LoadedBundle.open(path) for path in sorted(folder.iterdir())}
    )
    fans = Bundle.open(write_bundle(folder / "fans", "fans"))
    bundles["s3://lake/fans/"] = LoadedBundle(fans, Fans(fans), MaskCache())
    return bundles


class Shop:
    """The services, a valid request for each operation, and what they have stored."""

    def __init__(self, bundles: EveryBundle, seed: int) -> None:
        """Needs AWS in memory (`moto.mock_aws`)."""
        dynamodb = boto3.client("dynamodb", "eu-west-1")
        for table in dynamodb.list_tables()["TableNames"]:
            dynamodb.delete_table(TableName=table)
        create_resources_table(dynamodb)
        for table in ("profiles", "catalog"):
            create_table(dynamodb, table)
        self.writes = Writes(dynamodb)
        self.records: Repository = ResourceTable(dynamodb, TABLE)
        if seed % SEEDS_OF_THE_TABLE:
            self.records = self.writes.repository()
        self.world = world(repository=self.records)
        self.requests: dict[tuple[str, str], dict[str, Any]] = {
            ("personalize", name): request
            for name, request in populate(self.world).items()
            if name in Service("personalize").operations
        }
        self.profiles = Profiles(dynamodb, "profiles")
        self.profile_writer = ProfileWriter(dynamodb, "profiles", sleep=lambda _: None)
        self.runtime = Runtime(
            RecordCache(self.records, self.world.clock),
            bundles,
            self.profiles,
            clock=self.world.clock,
            rng=Random(seed),
            upserts=CatalogUpserts(dynamodb, "catalog", self.world.clock),
            observer=LambdaObserver(),
        )
        tracking_ids = self._fill()
        self._requests_for_data(tracking_ids)
        own = own_requests(self.campaigns["v2"], self.filters["asked"])
        self.requests |= {("tastemaker", name): request for name, request in own.items()}
        self.rejected: list[str] = []
        metrics = RequestMetrics()
        stream = KinesisTransport(self, "events", lambda _: None)
        catalog = Catalog(dynamodb, "catalog", self.world.clock, lambda _: None)
        targets = EventTargets(self.records, self.world.clock)
        environment = {
            "AWS_REGION": "eu-west-1",
            "TASTEMAKER_DEPLOYMENT": StageSummary("local", {}, 1, 1).to_json(),
        }
        self._services = {
            "control": (Service("personalize"), registry.operations(self.world.control), audit.write),
            "own": (
                Service("tastemaker"),
                own_operations(Settings(environment), ACCOUNT, text_function(self.runtime)),
                audit.write,
            ),
            "events": (
                Service("personalize-events"),
                event_operations(targets, stream, catalog, metrics, self.world.clock),
                metrics.finish,
            ),
            "runtime": (
                Service("personalize-runtime"),
                self._runtime_operations({}),
                self.runtime.observer.finish,
            ),
        }
        self.models = {service.name: service for service, _, _ in self._services.values()}
        iam = PolicySimulation(allowing_everything(), SCOPE, self.world.clock)
        self._authorizer = Authorizer(SCOPE, iam, self.records, self.world.clock)
        routes = [Route("POST", "/", "control", True)]
        routes += [Route("POST", path, "runtime", True) for path in RUNTIME_PATHS]
        routes += [Route("POST", path, "events", True) for path in EVENTS_PATHS]
        self._gateway = Gateway(
            routes,
            self._invoke,
            account_id=ACCOUNT,
            api_id="api",
            identify=lambda key: Identity(f"arn:aws:iam::{ACCOUNT}:user/fuzz", "AIDA"),
        )

    def send(self, request: Request) -> Response:
        """The response to a request. Raises what escapes from the functions."""
        with contextlib.redirect_stdout(io.StringIO()):
            return self._gateway(request)

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """Kinesis: the events of a request, which the stream function writes to the profiles at once."""
        self.writes.stream(Records)
        events = [json.loads(record["Data"]) for record in Records]
        self.profile_writer.write(
            events, expires_at=2**40, on_rejected=lambda one, why: self.rejected.append(why)
        )
        return {"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1"}] * len(Records)}

    @property
    def stored(self) -> tuple[int, ...]:
        """A figure that every write changes: of tables, the stream, executions and schedules."""
        workflows = self.world.workflows
        return (
            self.writes.count,
            len(workflows.started),
            len(workflows.stopped),
            hash(json.dumps(workflows.schedules, sort_keys=True)),
        )

    def _invoke(self, function: str, event: Mapping[str, Any], request_id: str) -> Outcome:
        own = self._services["own"][0]
        headers = event.get("headers") or {}
        if function == "control" and own.owns_target(headers):
            function = "own"
        service, operations, finish = self._services[function]
        if function == "runtime":
            operations = self._runtime_operations(headers)
        check = self._authorizer.check_of(event)
        return Outcome(json.dumps(serve(service, event, operations, check, finish=finish)), failed=False)

    def _runtime_operations(self, headers: Mapping[str, str]) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "GetRecommendations": lambda params: get_recommendations(
                self.runtime, with_explain(params, headers)
            ),
            "GetActionRecommendations": lambda params: get_action_recommendations(self.runtime, params),
            "GetPersonalizedRanking": lambda params: get_personalized_ranking(self.runtime, params),
        }

    def _fill(self) -> tuple[str, str]:
        """A dataset group `cinema` that events are sent to. Returns its two tracking ids."""
        here = self.world
        self.group = make.group(here, "cinema")
        self.datasets = {}
        for kind, fields in SCHEMAS.items():
            schema = here.call("CreateSchema", name=f"cinema-{kind}", schema=avro(kind, fields=fields))
            self.datasets[kind] = make.dataset(here, self.group, kind, schema["schemaArn"])
        self.filters = {
            name: here.call(
                "CreateFilter", name=name, datasetGroupArn=self.group, filterExpression=expression
            )["filterArn"]
            for name, expression in FILTERS.items()
        }
        self.campaigns = {name: self._deploy(name, *about) for name, about in RECIPES.items()}
        tracker = here.call("CreateEventTracker", name="cinema", datasetGroupArn=self.group)
        described = here.call("DescribeDataset", datasetArn=self.datasets["Action_Interactions"])
        return tracker["trackingId"], described["dataset"]["trackingId"]

    def _deploy(self, name: str, recipe: str, model: str) -> str:
        about = {"recipeArn": f"arn:aws:personalize:::recipe/{recipe}", "datasetGroupArn": self.group}
        version, campaign = SCOPE.arn(f"solution/cinema-{name}/1"), SCOPE.arn(f"campaign/cinema-{name}")
        bundle = f"s3://lake/{model}/"
        self.records.create(
            Record(version, "SolutionVersion", {"status": "ACTIVE", "_bundle": bundle, **about})
        )
        deployment = {"solutionVersionArn": version, "bundle": bundle, **about}
        config = {"enableMetadataWithRecommendations": True}
        body = {"name": name, "status": "ACTIVE", "campaignConfig": config, DEPLOYMENT: deployment}
        self.records.create(Record(campaign, "Campaign", body))
        return campaign

    def _requests_for_data(self, tracking_ids: tuple[str, str]) -> None:
        now = int(self.world.clock.now)
        event = {"eventType": "view", "sentAt": now, "itemId": "alien", "properties": '{"device": "tv"}'}
        action = {
            "actionId": "call",
            "sessionId": "s",
            "userId": "ann",
            "timestamp": now,
            "eventType": "taken",
        }
        user = {"userId": "ann"}
        runtime = {
            "GetRecommendations": {
                "campaignArn": self.campaigns["v2"],
                **user,
                "numResults": 3,
                "filterArn": self.filters["asked"],
                "filterValues": {"GENRES": '"space"', "YEAR": "1950"},
                "context": {"DEVICE": "tv"},
                "metadataColumns": {"ITEMS": ["GENRES"]},
            },
            "GetPersonalizedRanking": {
                "campaignArn": self.campaigns["ranking"],
                "inputList": ["alien", "dune", "new"],
                **user,
            },
            "GetActionRecommendations": {"campaignArn": self.campaigns["actions"], **user},
        }
        events = {
            "PutEvents": {"trackingId": tracking_ids[0], "sessionId": "s", **user, "eventList": [event]},
            "PutActionInteractions": {"trackingId": tracking_ids[1], "actionInteractions": [action]},
            "PutItems": {
                "datasetArn": self.datasets["Items"],
                "items": [{"itemId": "alien", "properties": '{"genres": "space", "year": 1979}'}],
            },
            "PutUsers": {
                "datasetArn": self.datasets["Users"],
                "users": [{"userId": "ann", "properties": '{"age": 30}'}],
            },
            "PutActions": {
                "datasetArn": self.datasets["Actions"],
                "actions": [{"actionId": "call", "properties": '{"value": 3}'}],
            },
        }
        self.requests |= {("personalize-runtime", name): request for name, request in runtime.items()}
        self.requests |= {("personalize-events", name): request for name, request in events.items()}
