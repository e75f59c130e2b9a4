"""The import work: CSV or Parquet of a caller's bucket → typed Parquet parts in the lake.

handler.py opens the doors · importing.py is the work, start to end · source.py finds and streams the files ·
csv_reader.py and dialect.py turn bytes into columns of text · cells.py types and checks them · locate.py
finds the line of a bad row · parts.py writes what is good.
"""
