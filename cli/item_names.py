"""The names of items, by which people recognize them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cli import names
from cli.connection import Connection
from tastemaker.errors import TastemakerError
from tastemaker.schemas import name_column, parse


@dataclass(frozen=True)
class ItemNames:
    """How items are shown: by columns of the Items dataset, or by names that the caller has.

    `in_answers` says that the campaign returns metadata with its recommendations.
    """

    columns: Sequence[str] = ()
    in_answers: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, item: str) -> str:
        """The name of an item, or its ID."""
        return self.names.get(item, item)


def of_group(connection: Connection, group_arn: str) -> ItemNames:
    """The column with the names of a dataset group's items, if its Items dataset has one."""
    client = connection.client("personalize")
    for dataset in names.listed(connection, names.DATASET, group_arn):
        if dataset["datasetType"].upper() != "ITEMS":
            continue
        described = client.describe_dataset(datasetArn=dataset["datasetArn"])["dataset"]
        schema = client.describe_schema(schemaArn=described["schemaArn"])["schema"]["schema"]
        try:
            column = name_column(parse(schema).fields)
        except TastemakerError:
            return ItemNames()
        return ItemNames((column,) if column else ())
    return ItemNames()


def of_campaign(connection: Connection, campaign_arn: str) -> ItemNames:
    """The column with the names of a campaign's items, and whether its answers have it."""
    client = connection.client("personalize")
    campaign = client.describe_campaign(campaignArn=campaign_arn)["campaign"]
    if not (campaign.get("campaignConfig") or {}).get("enableMetadataWithRecommendations"):
        return ItemNames()
    group = group_of_campaign(connection, campaign_arn)
    return ItemNames(of_group(connection, group).columns, in_answers=True)


def found_in_index(connection: Connection, group_arn: str, items: Sequence[str]) -> ItemNames:
    """The names of items from the search index, for a campaign that returns no metadata.

    Nothing is found if the caller may not search, or if the group has no index.
    """
    (column,) = of_group(connection, group_arn).columns or ("",)
    if not column:
        return ItemNames()
    body = {"query": {"ids": {"values": list(items)}}, "_source": [column], "size": len(items)}
    group = group_arn.rsplit("/", 1)[-1]
    response = connection.http("POST", f"/search/{group}/_search", json.dumps(body).encode())
    if response.status_code != 200:
        return ItemNames()
    hits = json.loads(response.content)["hits"]["hits"]
    return ItemNames(names={hit["_id"]: str((hit.get("_source") or {}).get(column, "")) for hit in hits})


def group_of_campaign(connection: Connection, campaign_arn: str) -> str:
    """The dataset group of a campaign."""
    client = connection.client("personalize")
    campaign = client.describe_campaign(campaignArn=campaign_arn)["campaign"]
    solution = campaign["solutionVersionArn"].rsplit("/", 1)[0]
    return str(client.describe_solution(solutionArn=solution)["solution"]["datasetGroupArn"])
