"""Imports and the preparation of trainings as Spark programs, on EMR Serverless or in one process.

Spark divides the work, moves rows between machines and restarts what fails. Each part runs the code that one
machine runs: `tastemaker.importing` and `training.data.events`.

`importing.py` imports files and slices of files. `slices.py` cuts a long CSV file at ends of lines.
`preparation.py` collects the events of each user from many files. `storage.py` is the lake, or a folder in
its place. `__main__.py` is the program that state machines start.
"""
