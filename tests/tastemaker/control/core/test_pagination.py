import pytest

from tastemaker.control.core import pagination
from tastemaker.errors import InvalidNextToken


def test_token_continues_the_list():
    first, token = pagination.page("ListRecipes", {"maxResults": 2}, list("abcde"))
    second, last = pagination.page("ListRecipes", {"maxResults": 3, "nextToken": token}, list("abcde"))
    assert (first, second, last) == (["a", "b"], ["c", "d", "e"], None)


def test_token_is_valid_for_one_list_with_the_same_filters():
    _, token = pagination.page("ListRecipes", {"maxResults": 1, "domain": "ECOMMERCE"}, list("abc"))
    for operation, request in [
        ("ListSchemas", {"domain": "ECOMMERCE"}),
        ("ListRecipes", {}),
        ("ListRecipes", {"domain": "VIDEO_ON_DEMAND"}),
    ]:
        with pytest.raises(InvalidNextToken):
            pagination.start_of(operation, {**request, "nextToken": token})


@pytest.mark.parametrize(
    "token", ["", "x", "AAAA", "W10=", "WzEsMl0=", "ä", "e30=", "bnVsbA==", "WzFd", "W1s=", "W1tb" * 300]
)
def test_damaged_token_is_refused(token):
    with pytest.raises(InvalidNextToken):
        pagination.start_of("ListRecipes", {"nextToken": token})
