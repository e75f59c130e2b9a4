"""What can be created: one module per resource, one shape for all.

`kind.py` is the shape; `desk.py` what every kind works with; `control.py` the table of operations. A
record is
a dictionary of the wire's members, with internal members whose names start with `_`.
"""
