"""The CloudWatch calls of aws-samples/amazon-personalize-monitor, against one campaign.

The sample reads a campaign's requests, writes its utilization, and keeps two alarms for it. The calls and
their parameters are those of its `personalize_monitor` function; the window ends now, so that nothing waits.
"""

import json
import os
from datetime import UTC, datetime, timedelta

import boto3

PROJECT = "PersonalizeMonitor"
campaign_arn = os.environ["CAMPAIGN_ARN"]
personalize, cloudwatch = boto3.client("personalize"), boto3.client("cloudwatch")

campaign = personalize.describe_campaign(campaignArn=campaign_arn)["campaign"]
version = personalize.describe_solution_version(solutionVersionArn=campaign["solutionVersionArn"])
ranking = version["solutionVersion"]["recipeArn"].endswith("/aws-personalized-ranking")
metric_name = "GetPersonalizedRanking" if ranking else "GetRecommendations"
dimensions = [{"Name": "CampaignArn", "Value": campaign_arn}]
now = datetime.now(UTC)


def read(name, stat):
    metric = {"Namespace": "AWS/Personalize", "MetricName": name, "Dimensions": dimensions}
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m1",
                "MetricStat": {"Metric": metric, "Period": 300, "Stat": stat},
                "ReturnData": True,
            }
        ],
        StartTime=now - timedelta(minutes=30),
        EndTime=now + timedelta(minutes=5),
        ScanBy="TimestampDescending",
    )
    return answer["MetricDataResults"][0]


requests = read(metric_name, "Sum")
utilization = sum(requests["Values"]) / 300 / campaign["minProvisionedTPS"] * 100
cloudwatch.put_metric_data(
    Namespace=PROJECT,
    MetricData=[
        {"MetricName": "monitoredCampaignCount", "Value": 1, "Unit": "Count"},
        {
            "MetricName": "campaignUtilization",
            "Dimensions": dimensions,
            "Value": utilization,
            "Unit": "Percent",
        },
    ],
)


def alarm(name, namespace, metric, **settings):
    found = cloudwatch.describe_alarms_for_metric(
        MetricName=metric, Namespace=namespace, Dimensions=dimensions
    )["MetricAlarms"]
    if found:
        return False
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        ActionsEnabled=False,
        MetricName=metric,
        Namespace=namespace,
        Dimensions=dimensions,
        Period=300,
        Tags=[{"Key": "CreatedBy", "Value": PROJECT}],
        **settings,
    )
    return True


def alarms():
    return [
        alarm(
            "LowCampaignUtilization-c",
            PROJECT,
            "campaignUtilization",
            Statistic="Average",
            EvaluationPeriods=12,
            DatapointsToAlarm=9,
            Threshold=100,
            ComparisonOperator="LessThanThreshold",
            TreatMissingData="missing",
        ),
        alarm(
            "IdleCampaign-c",
            "AWS/Personalize",
            metric_name,
            Statistic="Sum",
            EvaluationPeriods=288,
            Threshold=0,
            ComparisonOperator="LessThanOrEqualToThreshold",
            TreatMissingData="breaching",
        ),
    ]


created = [alarms(), alarms()]
cloudwatch.enable_alarm_actions(AlarmNames=["IdleCampaign-c"])
enabled = cloudwatch.describe_alarms(AlarmNames=["IdleCampaign-c"])["MetricAlarms"][0]["ActionsEnabled"]
cloudwatch.delete_alarms(AlarmNames=["LowCampaignUtilization-c", "IdleCampaign-c"])
listed = cloudwatch.list_metrics(Namespace="AWS/Personalize", Dimensions=dimensions)["Metrics"]
print(
    json.dumps(
        {
            "requests": sum(requests["Values"]),
            "latency": read(f"{metric_name}Latency", "Average")["Values"],
            "utilization": utilization,
            "created": created,
            "enabled": enabled,
            "listed": sorted({metric["MetricName"] for metric in listed}),
        }
    )
)
