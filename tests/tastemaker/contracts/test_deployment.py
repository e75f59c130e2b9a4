from tastemaker.contracts.deployment import BUNDLE, DEPLOYMENT, bundle_address, bundle_of, deployment_of


def test_record_that_has_never_served_has_no_deployment_and_no_bundle() -> None:
    assert deployment_of({"name": "c"}) is None and bundle_of({}) is None


def test_deployment_and_bundle_are_private_members() -> None:
    served = {"bundle": "s3://lake/m/"}
    assert (
        deployment_of({DEPLOYMENT: served}) == served
        and bundle_of({BUNDLE: "s3://lake/m/"}) == "s3://lake/m/"
    )
    assert DEPLOYMENT.startswith("_") and BUNDLE.startswith("_")


def test_address_of_a_refresh_differs_from_that_of_its_bundle() -> None:
    assert bundle_address("s3://lake/m/") == "s3://lake/m/"
    assert bundle_address("s3://lake/m/", "s3://lake/r/1/") == "s3://lake/m/#s3://lake/r/1/served/"
