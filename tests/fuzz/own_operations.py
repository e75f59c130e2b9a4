"""A valid request for each operation of the service `tastemaker`."""

from __future__ import annotations

from typing import Any


def own_requests(campaign: str, filter_arn: str) -> dict[str, dict[str, Any]]:
    """Operation → request, for a campaign and a filter with the parameters GENRES and YEAR."""
    asked = {"campaignArn": campaign, "userId": "ann"}
    filtered = {"filterArn": filter_arn, "filterValues": {"GENRES": '"space"', "YEAR": "1950"}}
    return {
        "DescribeDeployment": {},
        "DescribeModel": {"campaignArn": campaign},
        "DescribeTaste": {
            **asked,
            "language": "en",
            "itemColumns": {"name": "GENRES", "price": "YEAR", "currency": "EUR"},
        },
        "DescribeUser": {**asked, "maxResults": 5},
        "EstimateTextCost": {"textType": "EMAIL_BODY", "textCount": 1_000_000},
        "ExplainRecommendations": {**asked, **filtered, "numResults": 3, "useModel": False},
        "FindItems": {**asked, **filtered, "text": "al", "maxResults": 5},
        "FindUsers": {"campaignArn": campaign, "text": "an", "maxResults": 5},
        "GenerateMessage": {**asked, "messageType": "EMAIL_BODY", "tone": "FRIENDLY", "maxLength": 300},
        "GetDataInsights": {"campaignArn": campaign},
        "SummarizeItem": {"campaignArn": campaign, "itemId": "alien", "maxLength": 80},
    }
