"""The AWS infrastructure of Tastemaker: one construct per concern, wired by `infrastructure.stack`."""
