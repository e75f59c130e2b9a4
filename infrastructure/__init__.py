"""The AWS side of Tastemaker: one construct per concern, wired together by :mod:`infrastructure.stack`."""
