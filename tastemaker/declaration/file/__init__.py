"""Declarations in a file: YAML or JSON in, a plan and its execution out, over any endpoint of the API.

- `document.py` is a parsed file that knows the line of each value; `variables.py` fills in variables.
- `sections.py` says how the file spells what can be declared, and `json_schema.py` describes that to editors.
- `reading.py` makes a declaration of a document, and `checking.py` checks it by the control plane's rules.
- `api.py` is the port to the service, and `existing.py` finds what exists of a declaration.
- `planning.py` compares both, and `applying.py` performs a plan step by step.
- `exporting.py` writes a document from a dataset group.
- `maintaining.py` reads the parameter file of AWS's solution "Maintaining Personalized Experiences".

Parsers of text and clients of AWS belong to the caller (`cli/declarations/`).
"""
