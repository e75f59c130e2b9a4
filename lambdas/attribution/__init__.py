"""The work of metric attributions: what came in since the last run → CloudWatch, and reports in S3.

handler.py wires · events.py and imports.py find what is new and count it · reading.py reads rows · items.py
looks up what items cost · batches.py keeps figures that are to be sent, once · cloudwatch.py sends them.

Figures cannot be taken back from CloudWatch, and a run may be killed at any point, or meet another one. So
what a run has counted becomes a batch by one write that only the first writer wins, and a request is sent by
whoever wins the write of its mark. A run that goes on where another ended finds the batch and sends what has
no mark yet. What is lost, if a process dies between a mark and its request, is one request; nothing is ever
sent twice.
"""
