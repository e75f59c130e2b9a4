"""Files that people have → files that an import reads.

`inputs.py` finds files, and `tables.py` reads them as columns of text: `delimited.py` CSV in any encoding and
with any separator, `documents.py` JSON, `columnar.py` Parquet. `profiles.py` describes a sample of each
column. `naming.py` knows what columns are usually called, `exports.py` the exports of well-known programs,
and `mapping.py` decides what each column is. `times.py` and `numbers.py` read all formats of times and
numbers. `conversion.py` writes the files, and `report.py` says what was left out and what the data support.
"""
