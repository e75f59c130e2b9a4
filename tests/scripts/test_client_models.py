"""The models that clients copy are those that the functions read."""

from scripts.client_models import TARGET, contents
from tastemaker.wire.models import EXTENSIONS


def test_clients_models_are_up_to_date() -> None:
    assert contents(TARGET) == contents(EXTENSIONS), "run: python -m scripts.client_models"


def test_contents_find_a_file_that_differs(tmp_path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.json").write_text("{}")
    assert contents(tmp_path) == {"deep/a.json": b"{}"}
