"""Declarations in files for the command line: their text, the calls of the service, and what is printed."""
