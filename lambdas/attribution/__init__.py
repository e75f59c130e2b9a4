"""The attribution function: the runs of metric attributions.

`handler.py` runs the parts. `events.py` counts streamed events, `imports.py` counts the rows of imports, and
`items.py` finds the columns of their items. `reading.py` reads rows of the lake as events. `batches.py`
stores figures that are sent once. `cloudwatch.py` sends them.
"""
