"""The demo: a plain boto3 program against the local run, on MovieLens 100K (`make demo`)."""
