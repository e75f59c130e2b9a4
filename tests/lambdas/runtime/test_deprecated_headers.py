import pytest

from lambdas.runtime.deprecated_headers import with_explain


@pytest.mark.parametrize("name", ["x-tastemaker-explain", "X-Tastemaker-Explain"])
def test_header_asks_for_explanations(name):
    assert with_explain({"userId": "ann"}, {name: "true"}) == {"userId": "ann", "explain": True}


@pytest.mark.parametrize("headers", [{}, {"x-tastemaker-explain": "false"}, {"other": "true"}])
def test_other_headers_change_nothing(headers):
    assert with_explain({"userId": "ann"}, headers) == {"userId": "ann"}


def test_member_alone_asks_for_explanations():
    assert with_explain({"explain": True}, {}) == {"explain": True}
