"""The work of batch jobs: a file of users or items → a file of answers.

handler.py wires the steps · planning.py lists the input and cuts it into shards · answering.py answers
one shard, by the same code as live requests · segments.py answers a line of a segment job · collecting.py
puts an input file's answers together in the caller's bucket · loading.py writes a shard's answers to the
table that live requests may be answered from.
"""
