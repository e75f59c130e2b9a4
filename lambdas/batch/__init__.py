"""The function of batch jobs: a file of users or items becomes a file of answers.

handler   wires the steps
plan      lists the input and cuts it into shards
answer    answers the lines of a shard
collect   joins the answers of an input file in the caller's bucket
count     counts the answered lines; a job without one fails
load      writes the answers of a shard to the table of precomputed lists
"""
