"""The region has the services of the template and the training image."""

import pytest

from deployment.preflight import region
from deployment.synthesis import Template


def test_usual_region_passes_every_check(make) -> None:
    account = make()
    for check in (region.services, region.training_image, region.opted_in):
        (finding,) = check(account)
        assert finding.status == "ok", finding
    assert region.training_image(account)[0].text.startswith("pytorch-training:")


def test_gpu_image_is_that_of_gpu_instances(make) -> None:
    (finding,) = region.training_image(make({"training": {"instanceType": "ml.g6.xlarge"}}))
    assert "-gpu-" in finding.text


def test_region_without_services_or_image_is_named(make) -> None:
    account = make(region="xx-nowhere-1")
    (services,) = region.services(account)
    assert services.status == "missing" and "kinesis" in services.text and "sagemaker" in services.text
    (image,) = region.training_image(account)
    assert image.status == "missing" and "eu-west-1" in image.remedy


def test_region_that_the_account_has_not_enabled_is_missing(make, stubbed) -> None:
    answer = {"Regions": [{"RegionName": "eu-west-1", "OptInStatus": "not-opted-in"}]}
    request = {"RegionNames": ["eu-west-1"], "AllRegions": True}
    client = stubbed("ec2", ("describe_regions", answer, request))
    (finding,) = region.opted_in(make(stubs={"ec2": client}))
    assert finding.status == "missing" and finding.link


@pytest.mark.parametrize(
    ("version", "status"), [("v24.1.0", "ok"), ("v22.0.0", "ok"), ("v20.20.2", "warning"), ("", "warning")]
)
def test_node_must_be_one_that_the_cdk_supports(version: str, status: str) -> None:
    assert region.node_version(version).status == status


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_every_service_of_the_stack_can_be_looked_up(stage: str, synthesized) -> None:
    template: Template = synthesized(stage)
    types = {resource["Type"].split("::")[1] for resource in template.resources.values()}
    assert types - region.SERVICES.keys() <= {"IAM", "CDK"}
