"""The console: web pages over the API, for the local run and for a deployment, on the user's machine.

It is a client of the API: it reads and writes nothing except by boto3.
"""
