"""The endpoint answers programs of this machine, and web pages only where the user allows it."""

from __future__ import annotations

import http.client
import json

import pytest

from local.http.access import Access
from local.http.messages import Headers, Request
from tests.local.conftest import SHOP, unique, until

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
)
EVIL = "https://evil.example"


def refused(access: Access = Access(), path: str = "/", serves_api: bool = False, **headers: str) -> bool:  # noqa: B008
    fields = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return access.refusal(Request("POST", path, fields), serves_api=serves_api) is not None


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:4566", "localhost", "LOCALHOST:1", "[::1]:4566", "bucket.localhost:4566", "localhost."),
        *("abc123.execute-api.us-east-1.amazonaws.com", "abc.execute-api.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_names_of_this_machine_are_answered(host):
    assert not refused(host=host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example:4566", "127.0.0.1.evil.example", "localhost.evil.example", "evillocalhost"),
        *("motoapi.amazonaws.com", "a.execute-api.us-east-1.amazonaws.com.evil.example"),
        *("10.0.0.1", "0.0.0.0", "", "[::1"),
    ],
)
def test_other_hosts_are_refused(host):
    assert refused(host=host)


def test_configured_host_is_answered():
    assert not refused(Access(hosts=["host.docker.internal"]), host="host.docker.internal:4566")


@pytest.mark.parametrize("origin", [EVIL, "null", "http://localhost:3000", "https://127.0.0.1:4566"])
def test_pages_of_other_origins_are_refused(origin):
    assert refused(host="127.0.0.1:4566", origin=origin)
    assert refused(host="127.0.0.1:4566", origin=origin, serves_api=True)


def test_page_of_the_endpoint_itself_is_answered():
    assert not refused(host="127.0.0.1:4566", origin="http://127.0.0.1:4566")


def test_allowed_origin_reaches_only_the_api():
    access = Access(origins=[SHOP])
    assert not refused(access, host="127.0.0.1", origin=SHOP, serves_api=True)
    assert refused(access, host="127.0.0.1", origin=SHOP)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_images_and_links_of_other_sites_are_refused(site):
    assert refused(host="127.0.0.1", sec_fetch_site=site)
    assert not refused(host="127.0.0.1", sec_fetch_site="none")  # typed by the user


@pytest.mark.parametrize(
    "path", ["/moto-api/reset", "/moto-api/", "/%6doto-api/config", "/moto-api/seed?a=1"]
)
def test_control_routes_of_the_emulator_are_refused(path):
    assert refused(path=path)


class Page:
    """A web page of `evil.example` that sends requests as a browser does."""

    def __init__(self, port: int) -> None:
        self._port = port

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        fields = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body, {name: value for name, value in fields.items() if value})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}


def test_web_page_cannot_run_code_through_the_local_run(local, lake):
    """Each step of the attack is refused, and nothing of it is there afterwards."""
    page, s3, sagemaker = Page(local.port), local.client("s3"), local.client("sagemaker")
    s3.put_object(Bucket=lake, Key="secret.txt", Body=b"secret")

    # it reads
    for target in ("/", f"/{lake}/secret.txt"):
        status, headers = page.send("GET", target)
        assert status == 403
        assert "access-control-allow-origin" not in headers
    # it writes an object by a form post, and by an image a role
    form = b"--b\r\nContent-Disposition: form-data; name=key\r\n\r\nevil.py\r\n--b--\r\n"
    assert page.send("POST", f"/{lake}", form, Content_Type="multipart/form-data; boundary=b")[0] == 403
    assert page.send("GET", "/?Action=CreateRole&RoleName=evil&Version=2010-05-08", Origin="")[0] == 403
    # it asks whether it may send JSON to "/", which is every JSON service
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "x-amz-target"}
    status, headers = page.send("OPTIONS", "/", **asked)
    assert status == 403
    assert "access-control-allow-origin" not in headers
    # it sends it anyway, also under a name of its own and from a site that the user allows
    job = json.dumps({"TrainingJobName": "evil", "Environment": {"PYTHONPATH": "/tmp/evil"}}).encode()
    call = {"X_Amz_Target": "SageMaker.CreateTrainingJob", "Authorization": SIGNED.format("sagemaker")}
    assert page.send("POST", "/", job, **call)[0] == 403
    assert page.send("POST", "/", job, **call, Host="evil.example", Origin="", Sec_Fetch_Site="")[0] == 403
    assert page.send("POST", "/", job, **call, Origin=SHOP)[0] == 403
    # it wipes the run
    assert page.send("POST", "/moto-api/reset")[0] == 403
    assert page.send("POST", "/moto-api/reset", Origin="", Sec_Fetch_Site="")[0] == 403

    assert "evil.py" not in [one["Key"] for one in s3.list_objects_v2(Bucket=lake)["Contents"]]
    assert "evil" not in [role["RoleName"] for role in local.client("iam").list_roles()["Roles"]]
    assert "evil" not in [
        job["TrainingJobName"] for job in sagemaker.list_training_jobs()["TrainingJobSummaries"]
    ]


def test_environment_of_a_job_cannot_replace_its_program(local, lake, tmp_path):
    """`sitecustomize` of a folder on PYTHONPATH would run before the job's program."""
    (tmp_path / "sitecustomize.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    local.client("s3").put_object(Bucket=lake, Key="input/a.txt", Body=b"alpha")
    sagemaker, job = local.client("sagemaker"), unique("job")
    roles = local.client("iam").list_roles()["Roles"]
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{lake}/input/"}}
    sagemaker.create_training_job(
        TrainingJobName=job,
        RoleArn=next(role["Arn"] for role in roles if "JobRole" in role["RoleName"]),
        AlgorithmSpecification={"TrainingImage": "image", "TrainingInputMode": "File"},
        HyperParameters={"mode": "ok"},
        Environment={"PYTHONPATH": str(tmp_path), "PATH": str(tmp_path), "LD_PRELOAD": "/nowhere.so"},
        InputDataConfig=[{"ChannelName": "data", "DataSource": data}],
        OutputDataConfig={"S3OutputPath": f"s3://{lake}/models/", "CompressionType": "NONE"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    until(
        lambda: sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"],
        lambda status: status == "Completed",
    )
    assert not (tmp_path / "ran").exists()
