"""The refresh of a deployed model: events and upserts since its training become a small folder.

`handler` wires the stores, `refresh` reads and writes the lake. The counts and the format of the folder are
in `tastemaker/refreshing`.
"""
