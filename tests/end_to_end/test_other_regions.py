"""A program that uses another region and builds ARNs with it."""

import boto3


def test_program_of_another_region_finds_its_resources_by_arns_that_it_built(endpoint: str) -> None:
    client = boto3.client("personalize", endpoint_url=endpoint, region_name="ap-northeast-1")
    account = boto3.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    built = f"arn:aws:personalize:ap-northeast-1:{account}:dataset-group/tokyo"
    assert client.create_dataset_group(name="tokyo")["datasetGroupArn"] == built
    described = client.describe_dataset_group(datasetGroupArn=built)["datasetGroup"]
    assert described["datasetGroupArn"] == built
    assert built in [group["datasetGroupArn"] for group in client.list_dataset_groups()["datasetGroups"]]
    assert client.list_recipes()["recipes"][0]["recipeArn"].startswith("arn:aws:personalize:::recipe/")
    client.delete_dataset_group(datasetGroupArn=built)
