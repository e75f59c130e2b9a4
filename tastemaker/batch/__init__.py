"""The domain of batch jobs.

shards      cut input files into shards
lines       read a line and write its answer
inference   answer a line of a batch inference job, by the code of live requests
segments    answer a line of a batch segment job
attributes  the expression language of `itemAttributes`
"""
