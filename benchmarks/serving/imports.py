"""The time to import each function in a new process: our part of a cold start.

    python -m benchmarks.serving.imports [--runs 5]

CPU milliseconds of a new Python that imports the handler, less those of a Python that imports nothing; the
median of the runs, with this machine's Python and byte code in place. `python -m
infrastructure.packaging.report` prints the sizes of the packages.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys

from infrastructure.packaging.packages import FUNCTIONS

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "s",
}
# Some settings are read when a handler is imported; any value will do.
TABLES = ("RESOURCES", "PROFILES", "CATALOG", "RECOMMENDATIONS")
NAMES = (*(f"{table}_TABLE" for table in TABLES), "LAKE_BUCKET", "EVENT_STREAM", "RUNTIME_FUNCTION")
ENVIRONMENT |= {f"TASTEMAKER_{name}": "x" for name in NAMES}


def cpu_ms(code: str) -> float:
    """Return the CPU milliseconds of a new Python that runs the code.

    Raises subprocess.CalledProcessError if the code fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **ENVIRONMENT}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def median_cpu_ms(code: str, runs: int) -> float:
    """The median of `cpu_ms` over some runs."""
    return statistics.median(cpu_ms(code) for _ in range(runs))


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    bare = median_cpu_ms("pass", runs)
    print("| function | import, CPU ms |\n| --- | ---: |")
    for name in FUNCTIONS:
        code = f"import lambdas.{name}.handler"
        cpu_ms(code)  # byte code and the disk's cache
        print(f"| {name} | {median_cpu_ms(code, runs) - bare:.0f} |")


if __name__ == "__main__":
    main()
