"""Write docs/settings.md: every setting of a stage, with its default and what it does.

python -m scripts.settings            writes the page
python -m scripts.settings --check    fails if the page differs from what would be written
"""

import json
from pathlib import Path

from infrastructure.stage import settings
from scripts.generated import write_or_check

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
INTRODUCTION = """# Settings

`cdk.json` names the stages under `context.stages` and lists only what differs from these defaults. A name
with a dot is a member of an object: `training.spot` is `{"training": {"spot": …}}`. Synthesis rejects unknown
settings and values outside their limits, with the full name of the setting. `make docs` generates this page.

| setting | default | effect |
| --- | --- | --- |
"""


def page() -> str:
    """Return the text of the page."""
    rows = [
        f"| `{name}` | `{json.dumps(default, ensure_ascii=False)}` | {explanation.replace('|', '/')} |"
        for name, default, explanation in settings()
    ]
    return INTRODUCTION + "\n".join(rows) + "\n"


def main() -> int:
    """Write the page, or compare it with `--check`."""
    return write_or_check(PAGE, page())


if __name__ == "__main__":
    raise SystemExit(main())
