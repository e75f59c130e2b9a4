import pytest

from tastemaker.declaration.declarations import Declaration, DeclaredResource, Ref, resolved
from tastemaker.errors import InvalidInput


def one(id: str, *needs: str, type: str = "Filter", **properties: object) -> DeclaredResource:
    return DeclaredResource(
        id, type, {**properties, "list": [Ref(name) for name in needs]}, place=f"app/{id}"
    )


def test_resources_come_after_what_they_refer_to():
    order = [found.id for found in Declaration.of([one("c", "b"), one("a"), one("b", "a")]).ordered()]
    assert order == ["a", "b", "c"]


def test_circle_is_refused_with_its_members():
    with pytest.raises(InvalidInput, match=r"in a circle: .*a.*b"):
        Declaration.of([one("a", "b"), one("b", "a")]).ordered()


def test_unknown_reference_type_and_double_id_are_refused():
    with pytest.raises(InvalidInput, match="a refers to b, which is not declared"):
        Declaration.of([one("a", "b")]).ordered()
    with pytest.raises(InvalidInput, match="declared twice: app/a, app/a"):
        Declaration.of([one("a"), one("a")])
    with pytest.raises(InvalidInput, match="there is no type Bucket"):
        Declaration.of([one("a", type="Bucket")])


def test_references_are_replaced_wherever_they_are():
    value = {"a": [Ref("x"), {"b": Ref("x", "/$LATEST")}], "c": 1}
    assert resolved(value, {"x": "arn:x"}) == {"a": ["arn:x", {"b": "arn:x/$LATEST"}], "c": 1}
