"""What `try` shows of files in eight shapes, before anything is imported."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.service import FakeService, running
from tests.tastemaker.control.fakes import world
from tests.tastemaker.detection.shapes import SHAPES, facts

RECORDED = Path(__file__).parents[1] / "recorded"
FACTS = list(facts(users=80, each=14))


def shown(name: str, bare: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    path = SHAPES[name](folder, FACTS).relative_to(folder)
    result = bare("try", str(path), "--dry-run", "--out", "prepared")
    assert (result.code, result.err) == (0, "")
    return result.out


@pytest.mark.parametrize("name", SHAPES)
def test_dry_run_shows_the_mapping_as_recorded(
    name: str, bare: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RECORD=1 records the outputs again; read the difference before committing it."""
    out = shown(name, bare, tmp_path, monkeypatch)
    file = RECORDED / f"{name.split()[0].lower()}.txt"
    if os.environ.get("RECORD"):
        file.write_text(out, encoding="utf-8")
    assert out == file.read_text(encoding="utf-8")


def test_dry_run_needs_no_service_and_writes_files_with_schemas(
    bare: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = SHAPES["MovieLens"](tmp_path, FACTS)
    result = bare("try", str(path), "--dry-run", "--json")
    assert json.loads(result.out)["interactions"] == len(FACTS)
    written = {one.name for one in (tmp_path / "tastemaker-ml-latest-small").iterdir()}
    assert written == {"interactions.csv", "interactions.schema.json", "items.csv", "items.schema.json"}


def test_too_few_data_are_refused_with_what_is_missing(bare: Command, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("user,item,time\n" + "".join(f"u{n % 9},i{n},170000000{n % 10}\n" for n in range(90)))
    result = bare("try", str(path), "--yes", "--out", str(tmp_path / "out"))
    assert result.code == 2
    assert "1,000 interactions are needed, and there are 90" in result.err
    assert result.out.count("1,000 interactions are needed") == 1 and "can learn" not in result.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--user-column", "nobody"], "There is no column 'nobody'"),
        (["--timezone", "Nowhere/Land"], "Europe/Berlin"),
        (["--time-format", "stardate"], "is not a format of times"),
        (["--encoding", "klingon"], "is not an encoding"),
    ],
)
def test_wrong_option_is_refused_with_a_remedy(
    options: list[str], said: str, bare: Command, tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    path.write_text("user,item,time\n" + "u1,i1,2026-01-01 10:00:00\nu2,i2,2026-01-02 11:00:00\n" * 20)
    result = bare("try", str(path), "--dry-run", "--out", str(tmp_path / "out"), *options)
    assert result.code == 2 and said in result.err and "Traceback" not in result.err


def test_output_never_replaces_its_input(bare: Command, tmp_path: Path) -> None:
    path = tmp_path / "interactions.csv"
    path.write_text("user,item,time\n" + "u1,i1,2026-01-01 10:00:00\n" * 20)
    before = path.read_bytes()
    result = bare("try", str(path), "--dry-run", "--out", str(tmp_path))
    assert result.code == 2 and "Name another folder with --out" in result.err
    assert path.read_bytes() == before


def test_recipe_that_the_data_do_not_support_is_refused(bare: Command, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("user,item\n" + "".join(f"u{n % 40},i{n % 31}\n" for n in range(1_200)))
    result = bare("try", str(path), "--yes", "--recipes", "trending", "--out", str(tmp_path / "out"))
    assert result.code == 2 and "the data have no times" in result.err


PLACE = ("--bucket", "shop-data", "--role", "arn:aws:iam::123456789012:role/Reader", "--yes")
LIST = {"GetRecommendations": {"itemList": [{"itemId": "p1"}, {"itemId": "p2"}]}}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    """A service whose jobs end at once, where AWS_ENDPOINT_URL points."""
    with running(world(), at_once=True) as found:
        found.answers |= LIST
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.endpoint)
        yield found


def test_file_becomes_recommendations_and_a_program(
    bare: Command, tmp_path: Path, service: FakeService
) -> None:
    path = SHAPES["Segment"](tmp_path, FACTS)
    recipes = ("--recipes", "popular,similar,for-you")
    result = bare("try", str(path), "--out", str(tmp_path / "out"), *recipes, *PLACE)
    (uploaded,) = (body for key, body in service.uploads.items() if "interactions" in key)
    assert (result.code, uploaded) == (0, (tmp_path / "out" / "interactions.csv").read_bytes())
    for said in ("dataset group segment", "What most users like", "No. 1", "coverage", "Similar items"):
        assert said in result.out or said in result.err, said
    program = (tmp_path / "out" / "program.py").read_text()
    compile(program, "program.py", "exec")
    assert all(recipe in program for recipe in ("aws-popularity-count", "aws-user-personalization-v2"))


def test_recipe_that_fails_is_named_and_the_others_are_trained(
    bare: Command, tmp_path: Path, service: FakeService
) -> None:
    path = SHAPES["Segment"](tmp_path, FACTS)
    service.failing = "similar"
    out = ("--out", str(tmp_path / "out"), "--recipes", "similar,popular", "--json")
    result = bare("try", str(path), *out, *PLACE)
    found = json.loads(result.out)
    assert result.code == 1 and list(found["trained"]) == ["aws-popularity-count"]
    assert "the data are of one user only" in found["failed"]["aws-similar-items"]
