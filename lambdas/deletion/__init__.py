"""The work of data deletion jobs: the rows of users leave the lake and the tables.

handler.py wires the steps · users.py reads who is to be deleted · planning.py lists what has to be looked
at · lake_files.py rewrites one Parquet file without them · tables.py deletes from the tables. Every step may
be repeated: what is gone stays gone.
"""
