"""YAML and JSON with lines, and what cannot be read."""

import json
from pathlib import Path

import pytest
import yaml

from cli.declarations.text import beside, dump, load, parse
from tastemaker.declaration.file.document import InvalidDeclaration

TEXT = """\
variables: {day: 2026-01-01}
campaigns:
  home:
    solution: for-you
    metrics:
    - a
    - b: 1
"""


def test_every_value_knows_its_line():
    document = parse(TEXT, "shop.yaml")
    assert document.value["campaigns"]["home"]["metrics"] == ["a", {"b": 1}]
    assert document.place("campaigns", "home", "solution") == "shop.yaml:4"
    assert document.place("campaigns", "home", "metrics", 1, "b") == "shop.yaml:7"
    assert document.place("campaigns", "home", "missing") == "shop.yaml:3"


def test_date_is_a_text():
    assert parse(TEXT, "shop.yaml").value["variables"] == {"day": "2026-01-01"}


def test_json_may_be_indented_with_tabs(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"a": {"b": ["c", True, None, 1.5]}}, indent="\t"))
    document = load(path)
    assert document.value == json.loads(path.read_text()) and document.place("a", "b") == "config.json:3"


def test_aliases_and_merge_keys_are_followed():
    value = parse("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n", "f").value
    assert value == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("a: [1\nb: 2\n", "f.yaml", "f.yaml:2: "),
        ("a: 1\nb: 2\na: 3\n", "f.yaml", "f.yaml:3: The key 'a' occurs twice"),
        ("a: &a\n  b: *a\n", "f.yaml", "alias contains itself"),
        ("? [a]\n: 1\n", "f.yaml", "f.yaml:1: A key must be a text"),
        ("a: !!python/object:os.system x\n", "f.yaml", "f.yaml:1: The value 'x' cannot be read"),
        ('{\n "a": 1,\n}\n', "f.json", "f.json:"),
        ("a: \x00\n", "f.yaml", "f.yaml: "),
    ],
)
def test_error_in_the_syntax_names_its_line(text, name, said):
    with pytest.raises(InvalidDeclaration) as found:
        parse(text, name, is_json=name.endswith("json"))
    assert said in str(found.value)


def test_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "shop.yaml").write_bytes("a: ä".encode("latin-1"))
    with pytest.raises(InvalidDeclaration, match="not UTF-8"):
        load(tmp_path / "shop.yaml")


def test_written_file_names_the_schema_for_editors_and_reads_back():
    value = {"filters": {"a": {"filterExpression": 'x IN ("ü")', "tags": [], "same": ["q"] * 2}}}
    text = dump(value)
    assert text.startswith("# yaml-language-server: $schema=./tastemaker.schema.json\n")
    assert yaml.safe_load(text) == value and "&" not in text
    assert json.loads(dump(value, as_json=True)) == value


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname"])
def test_files_outside_the_folder_are_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "inside.txt").write_text("inside")
    read = beside(tmp_path / "shop" / "shop.yaml")
    assert read("inside.txt") == "inside"
    with pytest.raises(OSError, match="is not in the folder"):
        read(name)
