"""Resources as code: what can be declared, and how a declaration becomes what exists.

- `types.py` has the types, with their properties and what a change of each one does.
- `properties.py` reads properties as CloudFormation sends them.
- `desired.py` compares what is declared with a record.
- `declarations.py` has a set of declared resources with references, and the order of creation.
- `rehearsal.py` checks a declaration by the control plane's own rules, in memory.
- `plan.py` says what a declaration would change.
- `lifecycle.py` creates, updates and deletes one declared resource, step by step.

The rules of values are those of `tastemaker.control`; there is no second set.
"""
