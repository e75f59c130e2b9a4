import pytest
from botocore.model import StructureShape

from tastemaker.wire.models import EXTENSIONS, SERVICES, service_model

TASTEMAKER = service_model("tastemaker")


@pytest.mark.parametrize("name", SERVICES)
def test_extensions_are_in_the_folder_of_the_api_version_that_botocore_loads(name):
    (folder,) = (EXTENSIONS / name).iterdir()
    assert folder.name == service_model(name).api_version


@pytest.mark.parametrize("name", SERVICES)
def test_clients_with_the_overlay_sign_for_api_gateway(name):
    assert service_model(name).signing_name == "execute-api"


def test_a_customized_model_of_the_user_is_not_read(tmp_path, monkeypatch):
    folder = tmp_path / "tastemaker" / "2099-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text("{}")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    service_model.cache_clear()
    assert service_model("tastemaker").api_version == "2026-11-28"


def test_everything_in_our_model_is_documented():
    assert TASTEMAKER.documentation
    for name in TASTEMAKER.operation_names:
        assert TASTEMAKER.operation_model(name).documentation, name
    for name in TASTEMAKER.shape_names:
        shape = TASTEMAKER.shape_for(name)
        if isinstance(shape, StructureShape) and not shape.metadata.get("exception"):
            for member, target in shape.members.items():
                assert target.documentation, f"{name}.{member}"


def test_every_shape_of_our_model_is_used():
    used = set()

    def walk(shape):
        if shape is None or shape.name in used:
            return
        used.add(shape.name)
        for inner in [*getattr(shape, "members", {}).values()]:
            walk(inner)
        for part in ("member", "key", "value"):
            walk(getattr(shape, part, None))

    for name in TASTEMAKER.operation_names:
        operation = TASTEMAKER.operation_model(name)
        for shape in (operation.input_shape, operation.output_shape, *operation.error_shapes):
            walk(shape)
    assert used == set(TASTEMAKER.shape_names)
