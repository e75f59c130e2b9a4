from scripts import declare
from tastemaker.declaration.types import TYPES


def test_page_is_up_to_date():
    text = declare.PAGE.read_text(encoding="utf-8")
    assert declare.page(text) == text


def test_table_has_every_type_and_every_property_once():
    table = declare.table()
    for name, declared in TYPES.items():
        (line,) = [line for line in table.splitlines() if line.startswith(f"| `{name}` |")]
        row = line.removeprefix(f"| `{name}` |")
        for member in declared.properties:
            shown = f"`{member[0].upper()}{member[1:]}`"
            assert row.count(shown) == 1, (name, member)
