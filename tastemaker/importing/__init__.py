"""Dataset imports: CSV or Parquet files → rows that follow the schema → Parquet parts.

`importer.py` is the import from start to end. `storage.py` finds the files. `csv_reader.py` and `dialect.py`
turn bytes into columns of text. `column_rules.py`, `conversion.py` and `cells.py` convert and check them.
`row_location.py` finds the line of a bad row. `parts.py` writes the good rows.
"""
