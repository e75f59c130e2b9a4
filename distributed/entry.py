"""What EMR Serverless runs: a file of its own beside the archive of the code, which is unpacked as `code`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path("code").resolve()))

from distributed.__main__ import main

if __name__ == "__main__":
    main()
