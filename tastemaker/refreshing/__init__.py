"""Refreshes: what happened since a training, added to a deployed model without training again.

    tally        events → how often each item was shown and taken, and trends
    writing      a tally and upserted items → a refresh, a small folder
    actions      put actions → a refresh of a Next-Best-Action model
    assembling   a bundle and a refresh → a bundle with more items and newer counts

Every serving process reads a refresh. It only has what is new.
"""
