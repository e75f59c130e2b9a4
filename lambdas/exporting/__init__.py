"""The work of dataset export jobs: a dataset's bulk rows, and those put one at a time, to a CSV file.

handler.py wires · exporting.py reads, drops what is there twice, and writes.
"""
