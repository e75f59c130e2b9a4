"""A cloud assembly of a few test functions and one resource of each kind, written by hand: synthesis is not
under test.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

STACK = "tiny"
SOURCES = Path(__file__).with_name("handlers")


def arn(service: str, resource: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"}


def allow(*actions: str, on: Any, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return statement | ({"Condition": condition["when"]} if condition else {})


def role(service: str, *statements: dict[str, Any]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    policies = [{"PolicyName": "p", "PolicyDocument": document}] if statements else []
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": policies,
        },
    }


def function(name: str, role_id: str, *, timeout: float = 5, **environment: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": f"tiny-{name}",
            "Handler": f"handlers.{name}",
            "Runtime": "python3.13",
            "Role": {"Fn::GetAtt": [role_id, "Arn"]},
            "Code": {"S3Bucket": "assets", "S3Key": "code.zip"},
            "Timeout": timeout,
            "Environment": {"Variables": environment},
        },
    }


def machine(name: str, role_id: str, states: dict[str, Any]) -> dict[str, Any]:
    """A state machine; `${Name}` in its states becomes the ARN of the resource of that logical id."""
    text = json.dumps({"StartAt": next(iter(states)), "States": states})
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineName": f"tiny-{name}",
            "RoleArn": {"Fn::GetAtt": [role_id, "Arn"]},
            "DefinitionString": {"Fn::Sub": text},
        },
    }


def training_state(**more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {
            "TrainingJobName.$": "$.job",
            "RoleArn": "${JobRole.Arn}",
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "HyperParameters": {"mode.$": "$.mode"},
            "InputDataConfig": [
                {
                    "ChannelName": "data",
                    "DataSource": {
                        "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://${Lake}/input/"}
                    },
                }
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://${Lake}/models/", "CompressionType": "NONE"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
        **more,
    }


def get_att(name: str, key: str = "Arn") -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, key]}


def lake(path: str) -> dict[str, Any]:
    return {"Fn::Join": ["", [get_att("Lake"), path]]}


_READ_STREAM = (
    "kinesis:DescribeStream",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
_KEYED = [{"AttributeName": "id", "KeyType": "HASH"}]
_TEXT_ID = [{"AttributeName": "id", "AttributeType": "S"}]


def table(**more: Any) -> dict[str, Any]:
    properties = {"KeySchema": _KEYED, "AttributeDefinitions": _TEXT_ID, "BillingMode": "PAY_PER_REQUEST"}
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties | more}


def encryption(key: Any) -> dict[str, Any]:
    """The default encryption of a bucket."""
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    return {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]}


VIA_DYNAMODB = {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}}


def route(key: str, name: str, authorization: str = "AWS_IAM") -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "RouteKey": key,
            "AuthorizationType": authorization,
            "Target": {"Fn::Join": ["", ["integrations/", {"Ref": f"{name}Integration"}]]},
        },
    }


def integration(function_id: str) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": get_att(function_id),
            "PayloadFormatVersion": "2.0",
        },
    }


def permission(function_id: str, principal: str = "apigateway.amazonaws.com") -> dict[str, Any]:
    properties = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": get_att(function_id),
        "Principal": principal,
    }
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


def resources() -> dict[str, Any]:
    """The tiny stack."""
    return {
        "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}},
        "Table": table(TableName="tiny-own"),
        "Other": table(TableName="tiny-other"),
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": []}}},
        "Sealed": table(
            TableName="tiny-sealed", SSESpecification={"SSEEnabled": True, "KMSMasterKeyId": get_att("Key")}
        ),
        "SealedBucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": "tiny-sealed", "BucketEncryption": encryption(get_att("Key"))},
        },
        "PlainRole": role("lambda.amazonaws.com"),
        "StoreRole": role(
            "lambda.amazonaws.com",
            allow("dynamodb:PutItem", "dynamodb:BatchWriteItem", on=get_att("Table")),
            allow("dynamodb:PutItem", on=get_att("Sealed")),
            allow("s3:GetObject", on=["arn:aws:s3:::tiny-sealed/*", lake("/input/*")]),
            allow("kms:Decrypt", on=get_att("Key"), when=VIA_DYNAMODB),
            allow("states:StartExecution", on=arn("states", "stateMachine:tiny-greet")),
            allow("sts:AssumeRole", on="*"),
            allow(
                "cloudwatch:PutMetricData", on="*", when={"StringEquals": {"cloudwatch:namespace": "tiny"}}
            ),
        ),
        "Echo": function("echo", "PlainRole", GREETING="hello"),
        "Fail": function("fail", "PlainRole"),
        "Slow": function("slow", "PlainRole", timeout=1),
        "Leave": function("leave", "PlainRole"),
        "Broken": function("no_such_handler", "PlainRole"),
        "Store": function("store", "StoreRole", timeout=20),
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "tiny",
                "ProtocolType": "HTTP",
                "CorsConfiguration": {
                    "AllowOrigins": ["*"],
                    "AllowMethods": ["POST"],
                    "AllowHeaders": ["authorization", "x-amz-target"],
                    "ExposeHeaders": ["x-amzn-requestid"],
                    "MaxAge": 60,
                },
            },
        },
        "EchoIntegration": integration("Echo"),
        "EchoPermission": permission("Echo"),
        "FailIntegration": integration("Fail"),
        "FailPermission": permission("Fail"),
        "RootRoute": route("POST /", "Echo"),
        "ThingRoute": route("GET /things/{id}", "Echo"),
        "OpenRoute": route("GET /open", "Echo", "NONE"),
        "FailRoute": route("POST /fail", "Fail"),
        **_events(),
        **_workflows(),
    }


def _events() -> dict[str, Any]:
    columns = {"userId": "string", "value": "double", "sentAt": "bigint", "datasetGroup": "string"}
    return {
        "Stream": {
            "Type": "AWS::Kinesis::Stream",
            "Properties": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
        },
        "DeadLetters": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}},
        "ConsumeRole": role(
            "lambda.amazonaws.com",
            allow(*_READ_STREAM, on=get_att("Stream")),
            allow("dynamodb:PutItem", on=get_att("Table")),
            allow("sqs:SendMessage", on=get_att("DeadLetters")),
        ),
        "Consume": function("consume", "ConsumeRole"),
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Consume"},
                "EventSourceArn": get_att("Stream"),
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 10,
                "MaximumRetryAttempts": 1,
                "BisectBatchOnFunctionError": True,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "DestinationConfig": {"OnFailure": {"Destination": get_att("DeadLetters")}},
            },
        },
        "Schemas": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": "tiny"}},
        },
        "Schema": {
            "Type": "AWS::Glue::Table",
            "DependsOn": ["Schemas"],
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseName": "tiny",
                "TableInput": {
                    "Name": "events",
                    "StorageDescriptor": {
                        "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()]
                    },
                },
            },
        },
        "DeliveryRole": role(
            "firehose.amazonaws.com",
            allow(*_READ_STREAM, on=get_att("Stream")),
            allow("s3:PutObject", on=[lake("/groups/*/events/*"), lake("/failed/*")]),
        ),
        "Delivery": _delivery(
            DeliveryStreamName="tiny-events",
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={
                "KinesisStreamARN": get_att("Stream"),
                "RoleARN": get_att("DeliveryRole"),
            },
        ),
        "DirectDelivery": _delivery(DeliveryStreamName="tiny-direct", DeliveryStreamType="DirectPut"),
    }


def _delivery(**properties: Any) -> dict[str, Any]:
    query = "{datasetGroup: .datasetGroup}"
    return {
        "Type": "AWS::KinesisFirehose::DeliveryStream",
        "DependsOn": "Schema",
        "Properties": {
            **properties,
            "ExtendedS3DestinationConfiguration": {
                "BucketARN": get_att("Lake"),
                "RoleARN": get_att("DeliveryRole"),
                "Prefix": "groups/!{partitionKeyFromQuery:datasetGroup}/events/!{timestamp:yyyy/MM/dd}/",
                "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
                "DynamicPartitioningConfiguration": {"Enabled": True},
                "ProcessingConfiguration": {
                    "Enabled": True,
                    "Processors": [
                        {
                            "Type": "MetadataExtraction",
                            "Parameters": [
                                {"ParameterName": "MetadataExtractionQuery", "ParameterValue": query},
                                {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
                            ],
                        }
                    ],
                },
                "DataFormatConversionConfiguration": {
                    "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
                    "SchemaConfiguration": {"DatabaseName": "tiny", "TableName": "events"},
                },
            },
        },
    }


def _workflows() -> dict[str, Any]:
    greet = {
        "Greet": {
            "Type": "Task",
            "Resource": "${Echo.Arn}",
            "ResultPath": "$.answer",
            "Next": "Try",
        },
        "Try": {
            "Type": "Task",
            "Resource": "${Fail.Arn}",
            "Catch": [{"ErrorEquals": ["TeapotError"], "ResultPath": "$.error", "Next": "Done"}],
            "End": True,
        },
        "Done": {"Type": "Succeed"},
    }
    snoop = {"Read": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": True}}
    snoop["Read"]["Parameters"] = {"TableName": "tiny-own", "Key": {"id": {"S": "1"}}}  # type: ignore[assignment]
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}]
    failed = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
    train = {"Train": training_state(ResultPath="$.result", End=True, Catch=catch), "Failed": failed}
    return {
        "FlowRole": role(
            "states.amazonaws.com",
            allow("lambda:InvokeFunction", on=[get_att("Echo"), get_att("Fail")]),
            allow(
                "sagemaker:CreateTrainingJob",
                "sagemaker:DescribeTrainingJob",
                "sagemaker:StopTrainingJob",
                "sagemaker:AddTags",
                on=arn("sagemaker", "training-job/*"),
            ),
            allow(
                "iam:PassRole",
                on=get_att("JobRole"),
                when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
        ),
        "JobRole": role(
            "sagemaker.amazonaws.com",
            allow("s3:GetObject", on=[lake("/input/*"), lake("/models/*")]),
            allow("s3:ListBucket", on=get_att("Lake")),
            allow("s3:PutObject", on=lake("/models/*")),
        ),
        "ScheduleRole": role(
            "scheduler.amazonaws.com", allow("states:StartExecution", on={"Ref": "GreetMachine"})
        ),
        "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "tiny"}},
        "GreetMachine": machine("greet", "FlowRole", greet),
        "SnoopMachine": machine("snoop", "FlowRole", snoop),
        "TrainMachine": machine("train", "FlowRole", train),
        "Watched": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.states"],
                    "detail-type": ["Step Functions Execution Status Change"],
                    "detail": {
                        "status": ["FAILED", "ABORTED"],
                        "stateMachineArn": [{"Ref": "TrainMachine"}, {"Ref": "SnoopMachine"}],
                    },
                },
                "Targets": [{"Id": "0", "Arn": get_att("Record")}],
            },
        },
        "RecordRole": role("lambda.amazonaws.com", allow("dynamodb:PutItem", on=get_att("Table"))),
        "Record": function("record", "RecordRole"),
        "RecordPermission": permission("Record", "events.amazonaws.com"),
    }


def write_assembly(folder: Path, declared: dict[str, Any], **more: Any) -> Path:
    """An assembly in `folder` with these resources, and the test functions as its one asset."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "artifacts": {
            STACK: {
                "type": "aws:cloudformation:stack",
                "properties": {"templateFile": "tiny.template.json", "stackName": STACK},
            }
        }
    }
    asset = {"source": {"path": "asset.code"}, "destinations": {"here": {"objectKey": "code.zip"}}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "tiny.template.json").write_text(json.dumps({"Resources": declared, **more}))
    (folder / "tiny.assets.json").write_text(json.dumps({"files": {"code": asset}}))
    shutil.copytree(SOURCES, folder / "asset.code", dirs_exist_ok=True)
    return folder
