"""One module per algorithm. Each takes prepared data and gives arrays; `training.pipelines.registry` says
which
recipe needs which.
"""
