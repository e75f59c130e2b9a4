"""The control plane: the operations of personalize, and the steps of the workflows that they start.

- `core/` has what all resource types share: declaration, operations, lifecycle, records and ports.
- `resources/` has one module per resource type.
- `workflows/` has the steps of the state machines, and the plans that need more than one resource.
- `registry.py` lists the resource types and builds the table of operations.

A record is a dictionary of the API's members, with private members whose names start with `_`.
"""
