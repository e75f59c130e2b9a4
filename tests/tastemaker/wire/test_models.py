import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, StructureShape

from tastemaker.wire.models import EXTENSIONS, SERVICES, service_model

TASTEMAKER = service_model("tastemaker")
BOTOCORE = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


@pytest.mark.parametrize("name", SERVICES)
def test_extensions_are_in_the_folder_of_the_api_version_that_botocore_loads(name):
    (folder,) = (EXTENSIONS / name).iterdir()
    assert folder.name == service_model(name).api_version


@pytest.mark.parametrize("name", SERVICES)
def test_clients_with_the_overlay_sign_for_api_gateway(name):
    assert service_model(name).signing_name == "execute-api"


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "tastemaker"])
def test_extensions_add_optional_members_and_change_nothing_else(name):
    stock = ServiceModel(BOTOCORE.load_service_model(name, "service-2"), name)
    ours = service_model(name)
    assert ours.operation_names == stock.operation_names
    assert all(shape.startswith("Tastemaker") for shape in set(ours.shape_names) - set(stock.shape_names))
    for shape in map(stock.shape_for, stock.shape_names):
        extended = ours.shape_for(shape.name)
        assert (extended.type_name, extended.metadata) == (shape.type_name, shape.metadata)
        if isinstance(shape, StructureShape):
            added = extended.members.keys() - shape.members.keys()
            assert all(extended.members[member].name.startswith("Tastemaker") for member in added)
            assert {name: member.name for name, member in shape.members.items()} == {
                name: member.name for name, member in extended.members.items() if name not in added
            }


def test_customized_model_of_the_user_is_not_read(tmp_path, monkeypatch):
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


def test_members_that_we_add_to_other_services_are_documented():
    runtime = service_model("personalize-runtime")
    for shape in map(runtime.shape_for, runtime.shape_names):
        for member in getattr(shape, "members", {}).values():
            if member.name.startswith("Tastemaker"):
                assert member.documentation.startswith("<p>Tastemaker only.") or "Tastemaker" in shape.name


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
