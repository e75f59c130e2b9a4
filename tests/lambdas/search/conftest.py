from tests.tastemaker.serving.conftest import cinema  # noqa: F401
