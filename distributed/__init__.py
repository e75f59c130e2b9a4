"""The same work on many machines: imports and preparation as Spark programs (EMR Serverless, or one process).

What is done to rows is not written again here. Spark cuts the work, moves rows between machines and starts
again what fails; each piece runs the code that one machine runs, `lambdas.importing` and
`training.data.events`.

importing.py        files and slices of files, each imported by itself
slices.py           one long CSV file cut at ends of lines
preparation.py      rows of many files → each user's events in one place → arrays
places.py           the lake, or a folder that stands for it
__main__.py         the program that the state machines start
"""
