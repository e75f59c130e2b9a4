"""Retired terms stay out of names, docstrings, comments, messages and docs.

`docs/glossary.md` defines the terms that are in use. Each entry of `RETIRED` has the pattern of a retired
term and the term that replaces it.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RETIRED = {
    r"(?i)\bdesks?\b": "control plane, `control`",
    r"\bKINDS\b": "RESOURCE_TYPES, or the specific word: MODELS, DATASET_TYPES",
    r"\bKind\b": "ResourceType",
    r"\bclass Place\b": "AccountScope, EventTarget, RowLocation, Storage",
    r"(?i)\bdoors?\b": "client, repository, `local/http`",
    r"\bRooms\b": "Router",
    r"\bWorkError\b": "WorkflowStarter, StartError",
    r"\bbegin_work\b": "start_workflow",
    r"\bwork_name\b": "execution_name",
    r"\bAnnounce\b": "StatusListener",
    r"\b_?tell_nobody\b": "ignore_status_changes",
    r"\bstart_moving\b|\bstop_moving\b": "in_transition",
    r"\bdef (taken|begun|settled)\b": "claim, pending, ensure_settled",
    r"\bdef refers\b|\.refers\b|\brefers\s*[=:]": "references",
    r"(?i)\bbelongings\b": "owned_data",
    r"\bAsking\b": "Query",
    r"\bclass Shown\b": "ImpressionLog",
    r"\bdef remember\b|\.remember\(": "record",
    r"\bdef soon\b|\.soon\(": "prefetch",
    r"(?i)\bstrangers?\b": "unknown_ids",
    r"(?i)\bforet(el|old)\w*": "predict",
    r"\bdef (say|tell|hear)\b": "log, broadcast, receive",
    r"\bclass Team\b|\bTeam\(": "ProcessGroup",
    r"(?i)\bwish(es)?\b": "objective_weight",
    r"(?i)\beras(e|es|ed|ing)\b": "data deletion, delete",
    r"(?i)\bingest\b": "import",
    r"\bdef attribute\b|lambdas[./]attribute\b": "attribution",
    r"\bMOST_[A-Z]": "MAX_…",
    r"\bLEAST_[A-Z]": "MIN_…",
    r"\b(SOON|ENOUGH|PATIENCE|LATE|ABOUT)\b": "a name that says what is counted, with the unit",
    r"\bdef test_(a|an|the)_": "a name that states the behavior and begins with its subject: test_job_…",
    r"(?i)\bcatalogue": "catalog",
    r"(?i)\b(colour|behaviour|neighbour|favour|normalis|serialis|authoris|initialis|licence)": "American",
}

# Where a retired word has another meaning, or an external format has it: the file, and the exact texts.
EXCEPTIONS: dict[str, tuple[str, ...]] = {
    # Keys of the lake and names in bundles, which older data have.
    "tastemaker/contracts/lake_layout.py": ("erase/<job>/", '"erase"'),
    "tests/tastemaker/contracts/test_lake_layout.py": ("/erase/",),
    "tests/tastemaker/control/resources/test_data_deletion_job.py": ("/erase/",),
    "tests/lambdas/deletion/test_handler.py": ("/erase/",),
    "tastemaker/models/similar.py": ('"neighbours"',),
    "training/pipelines/similar.py": ('"neighbours"',),
    "training/pipelines/together.py": ('"neighbours"',),
    "tests/tastemaker/serving/films.py": ('"neighbours"',),
    # Words in the names of columns that people have.
    "tastemaker/detection/naming.py": ("behaviour", "colour"),
    # Names of other libraries: a file object's method, and a parameter of moto.
    "lambdas/stores/caller_files.py": ("def tell(self)",),
    "local/moto_patches/stepfunctions.py": ("normalised_parameters",),
}

# Files that name retired terms because they are about them.
SKIPPED = ("tests/house/test_vocabulary.py",)


@cache
def texts() -> dict[str, str]:
    """The tracked Python and Markdown files, without what may stand in them: path → text."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return {
        name: without_exceptions(name, (ROOT / name).read_text(encoding="utf-8"))
        for name in listed
        if name not in SKIPPED and (ROOT / name).exists()
    }


def without_exceptions(name: str, text: str) -> str:
    for exception in EXCEPTIONS.get(name, ()):
        text = text.replace(exception, "")
    return text


def line_of(text: str, position: int) -> str:
    """The number of a line and the line itself."""
    start, end = text.rfind("\n", 0, position) + 1, text.find("\n", position)
    return f"{text.count(chr(10), 0, position) + 1}: {text[start : end if end >= 0 else None].strip()}"


@pytest.mark.parametrize("pattern", RETIRED)
def test_retired_term_is_not_used(pattern: str) -> None:
    retired = re.compile(pattern)
    found = [
        f"{name}:{line_of(text, match.start())}"
        for name, text in texts().items()
        for match in retired.finditer(text)
    ]
    assert not found, f"use {RETIRED[pattern]} instead:\n" + "\n".join(found[:20])


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_each_exception_is_still_needed(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert all(exception in text for exception in EXCEPTIONS[name])
