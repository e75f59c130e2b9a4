"""All operations together: from a schema to a campaign."""

from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_operations_lead_from_a_schema_to_an_active_campaign():
    here = world()
    group_arn, dataset_arn = shop.shop(here)
    assert dataset_arn == "arn:aws:personalize:eu-west-1:123456789012:dataset/films/INTERACTIONS"
    job = here.call("ListDatasetImportJobs", datasetArn=dataset_arn)["datasetImportJobs"][0]
    assert job["status"] == "ACTIVE" and job["importMode"] == "FULL"

    solution_arn = shop.solution(here, group_arn)
    version_arn = shop.version(here, solution_arn)
    assert here.workflows.last == ("train", {"solutionVersionArn": version_arn})
    plan = shop.finish_training(here, version_arn)
    described = here.call("DescribeSolutionVersion", solutionVersionArn=version_arn)["solutionVersion"]
    assert described["status"] == "ACTIVE" and described["trainingHours"] == 0.5
    assert here.call("GetSolutionMetrics", solutionVersionArn=version_arn)["metrics"] == shop.METRICS
    assert described["_bundle"] == f"{plan['outputPath']}{plan['jobName']}/output/model/"

    campaign_arn = shop.campaign(here, version_arn)
    assert here.call("DescribeCampaign", campaignArn=campaign_arn)["campaign"]["status"] == "CREATE PENDING"
    shop.finish_deployment(here, campaign_arn)
    served = here.call("DescribeCampaign", campaignArn=campaign_arn)["campaign"]
    assert served["status"] == "ACTIVE" and served["_serving"]["bundle"] == described["_bundle"]
    assert "latestCampaignUpdate" not in served
