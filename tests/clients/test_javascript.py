"""The JavaScript of `clients/README.md`, run against a stand-in for API Gateway."""

import json
import re
from pathlib import Path

from tests.clients.gateway import Gateway, answering
from tests.clients.javascript import NODE_MAJOR, ROOT, run

README = (ROOT / "clients" / "README.md").read_text()
GIVEN = """
const endpoint = process.env.AWS_ENDPOINT_URL_PERSONALIZE_RUNTIME;
const region = "eu-west-1", campaignArn = "arn:aws:personalize:::campaign/c";
const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
"""


def block(with_text: str) -> str:
    """The JavaScript of the README that has this text, with the constants that it uses."""
    [found] = [code for code in re.findall(r"```js\n(.*?)```", README, re.S) if with_text in code]
    return GIVEN + found


def signed_by(gateway: Gateway, code: str) -> list[str]:
    run(code, gateway.environment)
    return gateway.signed_for


def test_client_with_the_signing_name_signs_for_api_gateway() -> None:
    with answering() as gateway:
        assert signed_by(gateway, block("GetRecommendationsCommand")) == ["execute-api"]


def test_client_without_the_signing_name_signs_for_personalize() -> None:
    code = block("GetRecommendationsCommand").replace(', signingName: "execute-api"', "")
    with answering() as gateway:
        assert signed_by(gateway, code) == ["personalize"]


def test_signed_requests_reach_our_own_operations_and_members() -> None:
    with answering() as gateway:
        assert signed_by(gateway, block("SignatureV4")) == ["execute-api"] * 2


def test_errors_of_api_gateway_have_the_name_and_status_of_the_readme() -> None:
    code = block("GetRecommendationsCommand").replace("await client", "export const answer = client")
    shown = code + (
        "\nawait answer.catch((e) =>"
        " console.log(JSON.stringify([e.name, e.message, e.$metadata.httpStatusCode])));"
    )
    with answering(403, "Forbidden") as gateway:
        name, message, status = json.loads(run(shown, gateway.environment))
    assert (name, message, status) == ("Unknown", "Forbidden", 403)
    [row] = [line for line in README.splitlines() if line.startswith("| JavaScript v3 |")]
    assert f"`name` `{name}`" in row and f"`message` `{message}`" in row and str(status) in row


def test_version_of_node_is_the_same_everywhere() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    assert package["engines"] == {"node": f">={NODE_MAJOR}"}
    for path in ("Makefile", "CONTRIBUTING.md"):
        assert f"Node.js {NODE_MAJOR} or newer" in Path(ROOT / path).read_text()
    assert f"Node.js {NODE_MAJOR}** is the version" in README
