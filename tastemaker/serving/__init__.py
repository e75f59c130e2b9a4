"""Serving: from a request to an answer, for live requests and for the lines of batch jobs.

The operations are `recommendations`, `personalized_ranking` and `action_recommendations`. Each reads from top
to bottom:

    endpoints     the campaign or recommender, its recipe and its deployment
    query         who asks: the model, the user's history and the model's scores
    eligibility   which items may appear in the answer
    exploration   which new items get places in the answer
    answer        scores and rules become a list of items
    metadata, explain   what is reported with each item

`ports` declares what serving needs from its environment. This package knows no AWS.
"""
