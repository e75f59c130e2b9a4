"""One module per algorithm. Each takes prepared data and gives arrays; `training.recipes` says which
recipe needs which.
"""
