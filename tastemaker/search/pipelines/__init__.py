"""Search pipelines: definitions, and the processor that personalizes the order of hits."""
