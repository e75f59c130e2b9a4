"""CloudFormation for stacks that declare Personalize's resources: moto has no custom resources that can fail.

- `stacks.py` has what a stack is made of.
- `engine.py` creates, updates, rolls back and deletes stacks.
- `custom.py` sends requests to the function of a custom resource and waits for its answer.
- `other_types.py` creates all other resources with moto.
- `api.py` answers CloudFormation's API for these stacks. All other stacks are moto's.
"""
