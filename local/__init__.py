"""AWS on one machine: what `cdk synth` wrote, deployed onto moto behind one HTTP endpoint.

`python -m local` runs it in the foreground; `local.emulator.Local` is the same thing as a context manager.
"""
