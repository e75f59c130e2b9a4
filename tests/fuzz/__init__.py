"""Requests and data that nobody would send, and what must hold for each of them.

    make fuzz                       a minute, with a seed of its own, which it prints
    make fuzz SEED=7 REQUESTS=2000  the same requests again
    make fuzz SECONDS=600 SEED=1    from seed 1 on, for ten minutes

One seed is one episode: a new shop with all four services in this process, and a number of requests or files.
`shop.py` has the services, `wire.py` makes requests from the service models, `texts.py` makes what a member
contains (properties, filters, schemas), `lines.py` and `tables.py` make lines of batch jobs and files of
imports, and `checks.py` has what must hold. The tests of this folder run a few seeds of each.
"""
