"""Constructs of the AWS CDK for everything of Personalize, on a deployment of Tastemaker.

    from tastemaker_cdk import Shop

    Shop(stack, "Shop", interactions=Source(bucket, "interactions/"), items=Source(bucket, "items/"))

Properties are those of the API, in snake case. What the control plane would refuse fails at synthesis, with
the path of the construct. See docs/declare.md.
"""

from tastemaker_cdk.aspect import UseTastemaker
from tastemaker_cdk.batch import BatchInference, Segment
from tastemaker_cdk.data import Dataset, DatasetGroup, EventTracker, Filter, Import, Schema, Source
from tastemaker_cdk.deployment import Deployment
from tastemaker_cdk.domains import Shop, VideoService
from tastemaker_cdk.maintained import MaintainedExperiences
from tastemaker_cdk.models import Campaign, CampaignAlias, MetricAttribution, Recommender, Solution, Training
from tastemaker_cdk.resource import Resource
from tastemaker_cdk.wait import Wait

__all__ = [
    "BatchInference",
    "Campaign",
    "CampaignAlias",
    "Dataset",
    "DatasetGroup",
    "Deployment",
    "EventTracker",
    "Filter",
    "Import",
    "MaintainedExperiences",
    "MetricAttribution",
    "Recommender",
    "Resource",
    "Schema",
    "Segment",
    "Shop",
    "Solution",
    "Source",
    "Training",
    "UseTastemaker",
    "VideoService",
    "Wait",
]
