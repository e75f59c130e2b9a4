"""LangChain's Personalize classes, used as in their documentation. Only the environment points to Tastemaker.

Usage: langchain_recommend.py CAMPAIGN_ARN ITEM_ID     (prints a JSON object with its results)
"""

import json
import sys

import boto3
from langchain_core.language_models.fake import FakeListLLM
from langchain_experimental.recommenders import AmazonPersonalize, AmazonPersonalizeChain

campaign, item = sys.argv[1:]
client = AmazonPersonalize(campaign_arn=campaign, client=boto3.client("personalize-runtime"))
answer = client.get_recommendations(item_id=item, num_results=4)
chain = AmazonPersonalizeChain.from_llm(
    llm=FakeListLLM(responses=["a summary"]), client=client, return_direct=True
)
direct = chain.invoke({"item_id": item})
print(
    json.dumps(
        {
            "items": [one["itemId"] for one in answer["itemList"]],
            "chain": [one["itemId"] for one in direct["result"]["itemList"]],
        }
    )
)
