"""Our own operations, which Amazon Personalize does not have: one module per operation.

Their requests and responses are described in `tastemaker/wire/extensions/tastemaker`.
"""
