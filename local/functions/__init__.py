"""Lambda on one machine: warm worker processes, one function each."""
