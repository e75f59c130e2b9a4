"""The generation function in this process, with templates in place of a model."""

from __future__ import annotations

from typing import Any

from lambdas.control.text_operations import Invoke
from tastemaker.contracts.text_models import TextGeneration
from tastemaker.errors import TastemakerError
from tastemaker.extensions.browsing import describe_user, find_items, find_users
from tastemaker.extensions.describe_model import describe_model
from tastemaker.extensions.explain_recommendations import explain_recommendations
from tastemaker.extensions.generate_message import generate_message
from tastemaker.extensions.get_data_insights import get_data_insights
from tastemaker.extensions.summaries import describe_taste, summarize_item
from tastemaker.generation.writer import Writer
from tastemaker.serving.runtime import Runtime


def text_function(runtime: Runtime) -> Invoke:
    """What the control function calls for operations on models and texts."""
    operations = {
        "DescribeModel": lambda params: describe_model(
            runtime, lambda uri: runtime.bundles.get(uri).bundle.manifest, params
        ),
        "DescribeUser": lambda params: describe_user(runtime, params),
        "FindItems": lambda params: find_items(runtime, params),
        "FindUsers": lambda params: find_users(runtime, params),
        "DescribeTaste": lambda params: describe_taste(runtime, params),
        "ExplainRecommendations": lambda params: explain_recommendations(
            runtime, TextGeneration(), Writer(), params
        ),
        "GenerateMessage": lambda params: generate_message(runtime, TextGeneration(), Writer(), params),
        "GetDataInsights": lambda params: get_data_insights(runtime, params),
        "SummarizeItem": lambda params: summarize_item(runtime, Writer(), params),
    }

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"output": operations[event["operation"]](event["params"])}
        except TastemakerError as error:
            return {"error": error.code, "message": error.message, "status": error.status}

    return invoke
