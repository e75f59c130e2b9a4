"""A shop with a model of segments, and the input of a mailing to one of them."""

from __future__ import annotations

from typing import Any

from tastemaker.declaration import mailing
from tastemaker.declaration.declarations import Declaration, DeclaredResource, Ref
from tastemaker.declaration.mailing import Mailing
from tastemaker.declaration.rehearsal import Rehearsal
from tests.tastemaker.declaration.shop import RESOURCES, deployed

ROLE = "arn:aws:iam::123456789012:role/mail"
AT = "2026-11-29T03:00:00.123Z"
AFFINITY = "arn:aws:personalize:::recipe/aws-item-affinity"
SEGMENTS = (
    DeclaredResource("Affinity", "Solution", {"datasetGroupArn": Ref("Group"), "recipeArn": AFFINITY}),
    DeclaredResource(
        "AffinityVersion", "SolutionVersion", {"solutionArn": Ref("Affinity")}, after=("Import",)
    ),
)


class Shop:
    def __init__(self) -> None:
        self.here = Rehearsal()
        self.arns = deployed(self.here, Declaration.of((*RESOURCES, *SEGMENTS)))

    def request(self, **more: Any) -> dict[str, Any]:
        request = {
            "name": "spring",
            "roleArn": ROLE,
            "output": "s3://shop/mailings",
            "solutionVersionArn": f"{self.arns['ForYou']}/$LATEST",
            "segment": {
                "solutionVersionArn": f"{self.arns['Affinity']}/$LATEST",
                "input": "s3://shop/in/items.json",
                "numResults": 100,
            },
            "delivery": {"addressColumn": "EMAIL"},
            **more,
        }
        return {name: value for name, value in request.items() if value is not None}

    def body(self, name: str, arn: str) -> dict[str, Any]:
        return self.here.control.records.find(mailing.JOBS[name], arn).body

    def run(self, request: dict[str, Any], name: str) -> dict[str, Any]:
        """Repeat the step as the workflow does, until it is done."""
        for _ in range(5):
            found = mailing.step(self.here.lifecycle, Mailing.of(request, AT), name)
            if found["done"]:
                report: dict[str, Any] = found["report"]
                return report
            self.here.finish()
        raise AssertionError(found)
