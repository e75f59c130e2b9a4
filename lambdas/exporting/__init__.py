"""The exporting function: the rows of a dataset → a CSV file in a caller's bucket.

`handler.py` opens the lake and the bucket. `export.py` reads the rows, drops duplicates and writes CSV.
"""
