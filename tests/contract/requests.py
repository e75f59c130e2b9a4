"""A valid request for every operation of personalize, in a world with the resources that they name."""

from typing import Any

from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World

RECIPES = "arn:aws:personalize:::recipe/"
OUT = {"s3DataDestination": {"path": "s3://out/"}}
IN = {"s3DataSource": {"path": "s3://in/users.json"}}
METRIC = {"eventType": "watch", "metricName": "count", "expression": "SAMPLECOUNT()"}
EXPRESSION = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
TAGS = [{"tagKey": "team", "tagValue": "films"}]


def populate(world: World) -> dict[str, dict[str, Any]]:
    """Fill a world. Return operation → a request that the world accepts."""
    group, interactions = shop.shop(world)
    items = shop.dataset(world, group, "Items")
    spare = shop.schema(world, "Users")
    domain_group = shop.group(world, "shop", domain="ECOMMERCE")
    domain_schema = shop.schema(world, name="shop-events", domain="ECOMMERCE")
    shop.dataset(world, domain_group, schema_arn=domain_schema)
    wider = shop.avro("Items", {"name": "YEAR", "type": ["null", "int"]})
    wider_schema = world.call("CreateSchema", name="wider", schema=wider)["schemaArn"]
    empty_group = shop.group(world, "empty")

    solution = shop.solution(world, group)
    version = shop.trained(world, solution)
    pending = shop.version(world, shop.solution(world, domain_group, "pending"))
    idle_solution = shop.solution(world, group, "idle")
    segmenter = shop.solution(world, group, "segments", recipeArn=f"{RECIPES}aws-item-affinity")
    segments = shop.trained(world, segmenter)
    campaign = shop.deployed(world, version)
    recommender_request = {
        "name": "views",
        "datasetGroupArn": domain_group,
        "recipeArn": f"{RECIPES}aws-ecomm-popular-items-by-views",
    }
    recommender = world.call("CreateRecommender", **recommender_request)["recommenderArn"]
    world.lake.write(f"{shop.storage(world, domain_group).events}a.parquet", "")
    shop.finish_training(world, recommender, "recommenderArn")
    stopped = world.call("CreateRecommender", **{**recommender_request, "name": "stopped"})["recommenderArn"]
    shop.finish_training(world, stopped, "recommenderArn")
    world.call("StopRecommender", recommenderArn=stopped)

    creates: dict[str, dict[str, Any]] = {
        "CreateDatasetGroup": {"name": "new", "tags": TAGS},
        "CreateSchema": {"name": "new", "schema": shop.avro()},
        "CreateDataset": {
            "name": "new",
            "datasetType": "Users",
            "datasetGroupArn": group,
            "schemaArn": spare,
        },
        "CreateDatasetImportJob": {
            "jobName": "new",
            "datasetArn": interactions,
            "dataSource": {"dataLocation": "s3://data/new.csv"},
            "roleArn": shop.ROLE,
        },
        "CreateDatasetExportJob": {
            "jobName": "export",
            "datasetArn": interactions,
            "jobOutput": OUT,
            "roleArn": shop.ROLE,
        },
        "CreateDataDeletionJob": {
            "jobName": "deletion",
            "datasetGroupArn": domain_group,
            "dataSource": {"dataLocation": "s3://data/users.csv"},
            "roleArn": shop.ROLE,
        },
        "CreateEventTracker": {"name": "tracker", "datasetGroupArn": group},
        "CreateFilter": {"name": "filter", "datasetGroupArn": group, "filterExpression": EXPRESSION},
        "CreateSolution": {"name": "new", "datasetGroupArn": group, "recipeArn": shop.RECIPE},
        "CreateSolutionVersion": {"solutionArn": solution},
        "CreateCampaign": {"name": "new", "solutionVersionArn": version},
        "CreateRecommender": {**recommender_request, "name": "new"},
        "CreateBatchInferenceJob": {
            "jobName": "batch",
            "solutionVersionArn": version,
            "jobInput": IN,
            "jobOutput": OUT,
            "roleArn": shop.ROLE,
        },
        "CreateBatchSegmentJob": {
            "jobName": "segment",
            "solutionVersionArn": segments,
            "jobInput": IN,
            "jobOutput": OUT,
            "roleArn": shop.ROLE,
        },
        "CreateMetricAttribution": {
            "name": "metrics",
            "datasetGroupArn": group,
            "metrics": [METRIC],
            "metricsOutputConfig": {"roleArn": shop.ROLE},
        },
    }

    def created(resource_type: str) -> str:
        """Create one more resource of a type and return its ARN.

        A dataset group has at most one event tracker and one metric attribution, so these are created in the
        other group.
        """
        request = dict(creates[f"Create{resource_type}"])
        for member in ("name", "jobName"):
            if member in request:
                request[member] = f"created-{resource_type}"
        if resource_type in ("EventTracker", "MetricAttribution"):
            request["datasetGroupArn"] = domain_group
        return world.call(f"Create{resource_type}", **request)[arn_member(resource_type)]

    metrics = created("MetricAttribution")
    shop.finish_report(world, metrics)
    arns = {
        "DatasetGroup": group,
        "Schema": spare,
        "Dataset": items,
        "DatasetImportJob": created("DatasetImportJob"),
        "DatasetExportJob": created("DatasetExportJob"),
        "DataDeletionJob": created("DataDeletionJob"),
        "EventTracker": created("EventTracker"),
        "Filter": created("Filter"),
        "Solution": solution,
        "SolutionVersion": version,
        "Campaign": campaign,
        "Recommender": recommender,
        "BatchInferenceJob": created("BatchInferenceJob"),
        "BatchSegmentJob": created("BatchSegmentJob"),
        "MetricAttribution": metrics,
        "Recipe": shop.RECIPE,
        "Algorithm": "arn:aws:personalize:::algorithm/aws-sims",
        "FeatureTransformation": "arn:aws:personalize:::feature-transformation/sims",
    }
    deletable = {**arns, "DatasetGroup": empty_group, "Solution": idle_solution, "Schema": wider_schema}
    requests = dict(creates)
    for resource_type, arn in arns.items():
        member = arn_member(resource_type)
        requests[f"Describe{resource_type}"] = {member: arn}
        requests[f"Delete{resource_type}"] = {member: deletable[resource_type]}
    requests |= {
        "ListBatchInferenceJobs": {"solutionVersionArn": version},
        "ListBatchSegmentJobs": {"solutionVersionArn": segments},
        "ListCampaigns": {"solutionArn": solution},
        "ListDataDeletionJobs": {"datasetGroupArn": domain_group},
        "ListDatasetExportJobs": {"datasetArn": interactions},
        "ListDatasetGroups": {},
        "ListDatasetImportJobs": {"datasetArn": interactions},
        "ListDatasets": {"datasetGroupArn": group},
        "ListEventTrackers": {"datasetGroupArn": domain_group},
        "ListFilters": {"datasetGroupArn": group},
        "ListMetricAttributionMetrics": {"metricAttributionArn": metrics},
        "ListMetricAttributions": {"datasetGroupArn": domain_group},
        "ListRecipes": {},
        "ListRecommenders": {"datasetGroupArn": domain_group},
        "ListSchemas": {},
        "ListSolutions": {"datasetGroupArn": group},
        "ListSolutionVersions": {"solutionArn": solution},
        "ListTagsForResource": {"resourceArn": group},
        "TagResource": {"resourceArn": group, "tags": TAGS},
        "UntagResource": {"resourceArn": group, "tagKeys": ["team"]},
        "GetSolutionMetrics": {"solutionVersionArn": version},
        "StopSolutionVersionCreation": {"solutionVersionArn": pending},
        "StartRecommender": {"recommenderArn": stopped},
        "StopRecommender": {"recommenderArn": recommender},
        "UpdateCampaign": {"campaignArn": campaign, "solutionVersionArn": version},
        "UpdateDataset": {"datasetArn": items, "schemaArn": wider_schema},
        "UpdateMetricAttribution": {"metricAttributionArn": metrics, "removeMetrics": ["count"]},
        "UpdateRecommender": {"recommenderArn": recommender, "recommenderConfig": {}},
        "UpdateSolution": {"solutionArn": solution, "performAutoTraining": True},
    }
    return requests


def arn_member(resource_type: str) -> str:
    """The request member with the ARN of a resource: `DatasetGroup` → `datasetGroupArn`."""
    return resource_type[0].lower() + resource_type[1:] + "Arn"
