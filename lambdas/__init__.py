"""The functions: one folder per function, handlers that parse and delegate."""
