"""What a cold start imports."""

import subprocess
import sys

import pytest

NOT_NEEDED = ("tastemaker.schemas", "tastemaker.documents", "tastemaker.control", "tastemaker.wire", "lark")


@pytest.mark.parametrize("package", NOT_NEEDED)
def test_serving_does_not_import_what_only_other_functions_need(package: str) -> None:
    code = (
        "import sys, tastemaker.serving.recommendations, tastemaker.serving.personalized_ranking, "
        "tastemaker.serving.action_recommendations; "
        f"print([name for name in sys.modules if name.startswith({package!r})])"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"
