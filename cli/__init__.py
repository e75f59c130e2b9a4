"""The command line `tastemaker`: the service for people at a terminal, local or deployed.

`app.py` lists the commands, and `commands/` has one module for each group of them. `connection.py` finds the
endpoint and makes boto3 clients, `names.py` turns names into ARNs, and `output.py` prints tables or JSON.
Commands that synthesize or run the app are run in a checkout (`checkout.py`).
"""
