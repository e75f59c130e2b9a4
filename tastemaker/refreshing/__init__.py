"""What happened since a model was trained, put into what serves without training again.

    tally.py       events → how often each item was shown and taken, and what grows
    writing.py     a tally and the items that were put → a refresh, a small folder
    assembling.py  a bundle and a refresh → a bundle like any other, with more items and newer counts

A refresh is read by every process that serves; it holds what is new and nothing else.
"""
