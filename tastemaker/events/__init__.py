"""What callers send one record at a time, checked against the dataset's schema.

`streaming.py` turns PutEvents and PutActionInteractions into streamed events. `upserts.py` turns PutItems,
PutUsers and PutActions into records of the catalog. `properties.py` reads the properties of both.
"""
