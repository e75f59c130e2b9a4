"""What `docs/operations.md` says about an operation: how it differs from Amazon Personalize."""

REMARKS = {
    "CreateBatchInferenceJob": "The tag `tastemaker:serve-days` (1 to 90, given at creation) stores the "
    "lists of the job, and GetRecommendations answers from them while the model is fetched and if it "
    "fails. Such a job has no filter and at most 100 results. Each list costs one DynamoDB write per "
    "kilobyte.",
    "CreateCampaign": "`minProvisionedTPS` is stored and costs nothing: functions serve, not instances. With "
    "the own member `awaitFirstVersion` the campaign may be created before the first solution version.",
    "CreateDataset": "The dataset is ACTIVE at once.",
    "CreateDatasetGroup": "The dataset group is ACTIVE at once. `kmsKeyArn` is refused: one key encrypts the "
    "whole deployment.",
    "DescribeDatasetImportJob": "The response has the own member `report`: rows, files, bytes, the first and "
    "the last time, ignored columns, cells that are stored as null, skipped files, suspicious IDs, warnings. "
    "Clients see it with the models in `clients/models`.",
    "CreateDatasetImportJob": "The minimum of 1,000 interactions is enforced only if the quota "
    "`minimumImportInteractions` is set. `roleArn` is optional for buckets that the stage lists. The "
    "report that `publishAttributionMetricsToS3` asks for arrives within a quarter of an hour after the "
    "import.",
    "CreateFilter": "The expression is checked against the schemas of the dataset group. The filter is "
    "ACTIVE at once, and an expression that cannot work is refused at once.",
    "CreateMetricAttribution": "Metrics are in the CloudWatch namespace `<stack>/MetricAttribution`, "
    "because AWS reserves the namespace of the service, `AWS/Personalize`. The local run uses "
    "`AWS/Personalize`. The dimensions are `DatasetGroupArn` and `EventAttributionSource`, and names of "
    "metrics and sources are in capital letters, as in the service. The role of Tastemaker writes the "
    "metrics, and `roleArn` writes the reports. `Sum` and `SampleCount` have the values of the "
    "expressions. Sources after the hundredth are counted as `SOURCE_NAME_UNDEFINED`.",
    "CreateRecommender": "A use case that this release has no model for is refused by name.",
    "CreateSchema": "A record name that no dataset type has is accepted. CreateDataset refuses it. "
    "`categorical` is accepted on a number, where it has no effect.",
    "CreateSolution": "`performAutoML` selects a recipe without a search: `aws-user-personalization`, or the "
    "first in the `recipeList` of `autoMLConfig` that learns from histories. An unknown hyperparameter, "
    "or one that is out of range, is refused.",
    "CreateSolutionVersion": "The `trainingMode` `AUTOTRAIN` is refused. The metrics of an `UPDATE` are "
    "those of the full version that it continues. `trainingHours` is elapsed time.",
    "DeleteCampaign": "The campaign is deleted at once.",
    "DeleteDataset": "Also deletes the data of the dataset in the lake, streamed events included, and the "
    "records of its import jobs. The ARN `…/EVENT_INTERACTIONS` is accepted for a dataset group that has or "
    "had an event tracker: there is nothing to delete.",
    "DeleteDatasetGroup": "Also deletes the data of the dataset group in the lake and the profiles of its "
    "users.",
    "DeleteEventTracker": "The event tracker is deleted at once. Its events stay.",
    "DeleteFilter": "The filter is deleted at once.",
    "DeleteMetricAttribution": "The metrics in CloudWatch and the reports in the bucket stay.",
    "DeleteSolution": "Also deletes its versions, their models, and its schedule.",
    "DescribeAlgorithm": "`algorithmImage.dockerURI` is a placeholder.",
    "GetPersonalizedRanking": "The optional member `inputOrder` adds `inputScores` to the response: the "
    "scores in the order of `inputList`. Both need the models in `clients/models`.",
    "GetRecommendations": "The optional member `explain` adds `explanations` to the response. If a list of "
    "a batch inference job answers, the response has the member `source`, which is the header "
    "`x-tastemaker-source`. Both need the models in `clients/models`. The request header "
    "`x-tastemaker-explain: true` is deprecated.",
    "GetSolutionMetrics": "The metrics come from the evaluation of the training job, by the definitions of "
    "the developer guide.",
    "ListRecipes": "Lists all recipes, also those that this release cannot train. The first page has a "
    "`nextToken` that leads to an empty page, as in the service.",
    "PutEvents": "After a training has joined a session to a user, a request with the ID of the session "
    "still uses the events that were streamed under it, until they expire.",
    "StartRecommender": "The recommender is ACTIVE at once.",
    "StopRecommender": "The recommender is INACTIVE at once.",
    "StopSolutionVersionCreation": "Stops the SageMaker training job.",
    "TagResource": "Schemas and metric attributions cannot be tagged.",
    "UpdateCampaign": "Members that the request does not have keep their values. The old version serves "
    "until the new version is warm.",
    "UpdateDataset": "The change and `latestDatasetUpdate` are ACTIVE at once.",
    "UpdateMetricAttribution": "The change applies from the next report.",
    "UpdateRecommender": "Only a change of `trainingDataConfig` takes time, because it trains a new model.",
    "UpdateSolution": "The change and `latestSolutionUpdate` are ACTIVE at once.",
}
"""Operation name → remark. Operations without an entry behave as in the service."""
