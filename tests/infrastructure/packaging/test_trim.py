"""Trimmed wheels keep every file that is loaded."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path

import botocore
from botocore.model import ServiceModel

from infrastructure.packaging.folders import size
from infrastructure.packaging.trim import trim


def test_trimming_keeps_files_that_are_loaded(tmp_path: Path) -> None:
    keep = [
        "botocore/data/s3/x.json",
        "botocore/data/endpoints.json",
        "numpy/testing/a.py",
        "pyarrow/libarrow.so",
    ]
    lose = [
        "botocore/data/ec2/x.json",
        "numpy/tests/a.py",
        "pyarrow/include/a.h",
        "pyarrow/libarrow_flight.so",
    ]
    for name in [*keep, *lose]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("12345")
    assert size(tmp_path) == 40
    trim(tmp_path)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == sorted(
        keep
    )


def test_service_models_lose_their_documentation_and_nothing_else(tmp_path: Path) -> None:
    place = Path("botocore") / "data" / "personalize-runtime" / "2018-05-22" / "service-2.json.gz"
    model = tmp_path / place
    model.parent.mkdir(parents=True)
    shutil.copy(Path(botocore.__file__).parents[1] / place, model)
    before = ServiceModel(json.loads(gzip.decompress(model.read_bytes())))
    trim(tmp_path)
    text = gzip.decompress(model.read_bytes()).decode()
    after = ServiceModel(json.loads(text))
    assert '"documentation":""' in text and not re.search('"documentation":"[^"]', text)
    for name in before.operation_names:
        old, new = before.operation_model(name), after.operation_model(name)
        assert new.http == old.http and new.error_shapes is not None
        for mine, theirs in ((new.input_shape, old.input_shape), (new.output_shape, old.output_shape)):
            assert list(mine.members) == list(theirs.members)
            assert mine.required_members == theirs.required_members
            assert [one.metadata for one in mine.members.values()] == [
                one.metadata for one in theirs.members.values()
            ]
