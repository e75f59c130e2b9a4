"""Tests mirror the sources: `tests/<folder>/test_<module>.py` tests `<folder>/<module>.py`.

A second file on the same module is named `test_<module>_<aspect>.py`. A file named after a package tests the
package as a whole, and `test_main.py` tests `__main__.py`.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from scripts import code_figures
from tests.house import source_code

ROOT = Path(__file__).parents[2]

PACKAGES = tuple(name for name in code_figures.PACKAGES if name != "benchmarks")

# Test files that test no single module, with the reason.
WITHOUT_SOURCE = {
    "tests/lambdas/test_round_trip.py": "an event passes through several functions",
    "tests/examples/test_opensearch_ml.py": "JSON files that are no modules",
    "tests/examples/test_terraform.py": "a template that is no module",
    "tests/infrastructure/test_security_promises.py": "the promises of SECURITY.md and docs/security.md",
    "tests/lambdas/test_valid_calls.py": "all calls of all functions",
    "tests/local/moto_patches/test_canaries.py": "tests moto, not us",
    "tests/tastemaker_cdk/test_constructs.py": "the templates that all constructs make together",
}

BATCH_JOBS = "tests/tastemaker/control/resources/test_batch_job.py"

# Modules and folders (they end with a slash) without test files of their own, and the tests that cover them.
COVERED = {
    # Programs whose parts are tested as the program runs.
    # A browser looks at every page.
    "console/": "tests/end_to_end/test_console.py",
    "console/views/": "tests/end_to_end/test_console.py",
    "demo/": "tests/end_to_end/test_first_campaign.py",
    "deployment/smoke/": "tests/deployment/smoke/test_steps.py",
    "distributed/": "tests/distributed/test_importing.py",
    "examples/": "tests/end_to_end/test_examples.py",
    # Constructs are tested by the templates that they make.
    "tastemaker_cdk/": "tests/tastemaker_cdk/test_constructs.py",
    # Errors are what commands end with.
    "cli/asking.py": "tests/cli/commands/test_ask.py",
    "cli/errors.py": "tests/cli/test_main.py",
    "cli/mapping_view.py": "tests/cli/commands/test_trying.py",
    "cli/progress.py": "tests/cli/test_training.py",
    "cli/program.py": "tests/end_to_end/test_try.py",
    "cli/item_names.py": "tests/cli/commands/test_ask.py",
    "cli/app.py": "tests/cli/test_main.py",
    # Construct definitions: the synthesized template is what counts.
    "infrastructure/": "tests/infrastructure/test_stack.py",
    "infrastructure/workflows/": "tests/infrastructure/workflows/test_registry.py",
    # Each adapter is deployed with the small template that all tests of `local` use.
    "local/provision/": "tests/local/provision/test_registry.py",
    "tastemaker/testing/service.py": "tests/tastemaker/testing/test_plugin.py",
    # What is kept is tested by a run that is killed, and by the run that continues.
    "local/state/": "tests/local/state/test_kept.py",
    "local/streams/memory.py": "tests/local/state/test_kept.py",
    # The steps of an import, a batch job and a deletion are internal to one entry point.
    "tastemaker/importing/": "tests/tastemaker/importing/test_importer.py",
    "lambdas/batch/": "tests/lambdas/batch/test_handler.py",
    "lambdas/deletion/": "tests/lambdas/deletion/test_handler.py",
    # Readers and rules are tested by the files that they are for.
    "tastemaker/detection/": "tests/tastemaker/detection/test_detecting.py",
    # Every model is tested by what its training wrote, and filters by their expressions.
    "tastemaker/models/": "tests/training/test_job_models.py",
    "training/pipelines/": "tests/training/test_job_models.py",
    "tastemaker/filters/": "tests/tastemaker/filters/test_filter.py",
    # The figures of each line are checked on the whole estimate.
    "deployment/cost/": "tests/deployment/cost/test_main.py",
    # The parts of a search are tested by searches.
    "tastemaker/search/": "tests/tastemaker/search/test_engine.py",
    "tastemaker/search/analysis/": "tests/tastemaker/search/analysis/test_analyzers.py",
    "tastemaker/search/index/": "tests/tastemaker/search/index/test_segment.py",
    "tastemaker/search/queries/": "tests/tastemaker/search/queries/test_parsing.py",
    "tastemaker/search/pipelines/": "tests/tastemaker/search/pipelines/test_processor.py",
    "tastemaker/search/service/": "tests/tastemaker/search/service/test_endpoint.py",
    "training/output/search_index.py": "tests/end_to_end/test_search.py",
    # Entry points that only connect what is tested elsewhere; the round trip runs them.
    "lambdas/events/handler.py": "tests/lambdas/test_round_trip.py",
    "lambdas/importing/handler.py": "tests/lambdas/test_round_trip.py",
    "lambdas/stream/handler.py": "tests/lambdas/test_round_trip.py",
    "lambdas/events/catalog.py": "tests/lambdas/events/test_operations.py",
    # Both transports keep the same promises, which one suite checks.
    "lambdas/events/direct.py": "tests/lambdas/events/test_transport.py",
    "lambdas/events/kinesis.py": "tests/lambdas/events/test_transport.py",
    "lambdas/events/sending.py": "tests/lambdas/events/test_transport.py",
    "lambdas/stores/rejected_events.py": "tests/lambdas/events/test_transport.py",
    "lambdas/exporting/handler.py": "tests/end_to_end/test_export_and_deletion.py",
    "lambdas/refreshing/handler.py": "tests/lambdas/refreshing/test_refresh.py",
    "lambdas/attribution/batches.py": "tests/lambdas/attribution/test_events.py",
    "lambdas/attribution/reading.py": "tests/lambdas/attribution/test_imports.py",
    "lambdas/control/own_operations.py": "tests/lambdas/control/test_handler.py",
    "lambdas/support/generators/connect.py": "tests/lambdas/support/generators/test_bedrock.py",
    "tastemaker/contracts/text_models.py": "tests/tastemaker/generation/test_generator.py",
    "tastemaker/generation/claims.py": "tests/tastemaker/generation/test_facts.py",
    "tastemaker/generation/phrases.py": "tests/tastemaker/generation/test_reasons.py",
    "tastemaker/serving/item_texts.py": "tests/tastemaker/extensions/test_generate_message.py",
    "tastemaker/serving/messages.py": "tests/tastemaker/extensions/test_generate_message.py",
    "lambdas/control/training_delays.py": "tests/lambdas/control/test_reconciliation.py",
    "lambdas/steps/purging.py": "tests/lambdas/steps/test_handler.py",
    "lambdas/steps/warming.py": "tests/lambdas/steps/test_handler.py",
    "lambdas/stores/profile_writer.py": "tests/lambdas/stream/test_consuming.py",
    "lambdas/stores/batch_writes.py": "tests/lambdas/stream/test_consuming.py",
    "lambdas/stores/caller_outputs.py": "tests/lambdas/batch/test_handler.py",
    "lambdas/support/control_plane.py": "tests/lambdas/control/test_handler.py",
    "lambdas/support/policy_simulation.py": "tests/lambdas/support/test_authorization.py",
    "lambdas/support/principals.py": "tests/lambdas/support/test_authorization.py",
    "local/cloudformation/buckets.py": "tests/local/cloudformation/test_other_types.py",
    "local/cloudformation/change_sets.py": "tests/local/cloudformation/test_api.py",
    "local/cloudformation/client_types.py": "tests/local/cloudformation/test_other_types.py",
    "local/cloudformation/connect.py": "tests/end_to_end/test_stacks.py",
    "local/cloudformation/documents.py": "tests/local/cloudformation/test_api.py",
    "local/cloudformation/exports.py": "tests/local/cloudformation/test_api.py",
    "local/cloudformation/moto_types.py": "tests/local/cloudformation/test_other_types.py",
    "local/cloudformation/saved.py": "tests/local/state/test_kept.py",
    "local/cloudformation/tables.py": "tests/local/cloudformation/test_other_types.py",
    "local/cloudformation/templates.py": "tests/local/cloudformation/test_api.py",
    "tastemaker/contracts/campaign_alias.py": "tests/tastemaker/control/resources/test_campaign_alias.py",
    "local/cloudformation/stacks.py": "tests/local/cloudformation/test_engine.py",
    "local/functions/frames.py": "tests/local/functions/test_worker.py",
    "local/functions/runtime.py": "tests/local/functions/test_worker.py",
    "local/jobs/container.py": "tests/local/jobs/test_service.py",
    "local/jobs/job.py": "tests/local/jobs/test_service.py",
    "local/process.py": "tests/local/test_main.py",
    "local/terminal.py": "tests/local/test_main.py",
    "local/streams/sources.py": "tests/local/streams/test_direct_put.py",
    "local/streams/failure_destination.py": "tests/local/streams/test_event_source.py",
    "local/moto_patches/awslambda.py": "tests/local/functions/test_created.py",
    "local/moto_patches/sns.py": "tests/local/scheduling/test_alarms.py",
    "local/moto_patches/speed.py": "tests/local/moto_patches/test_canaries.py",
    "local/iam/operations.py": "tests/local/iam/test_enforcer.py",
    "local/iam/s3_permissions.py": "tests/local/iam/test_enforcer.py",
    "tastemaker/control/core/context.py": "tests/tastemaker/control/test_registry.py",
    "tastemaker/recipes/custom.py": "tests/tastemaker/recipes/test_catalog.py",
    "tastemaker/recipes/domain.py": "tests/tastemaker/recipes/test_catalog.py",
    "tastemaker/recipes/recipe.py": "tests/tastemaker/recipes/test_catalog.py",
    "tastemaker/refreshing/actions.py": "tests/lambdas/refreshing/test_refresh_actions.py",
    "tastemaker/refreshing/assembling.py": "tests/training/test_job_refreshing.py",
    "tastemaker/refreshing/writing.py": "tests/training/test_job_refreshing.py",
    "training/algorithms/validation.py": "tests/training/algorithms/test_trainer.py",
    "lambdas/stores/catalog.py": "tests/lambdas/events/test_operations.py",
    # A declaration in a file is tested as a whole: read, planned, applied and exported.
    "tastemaker/declaration/file/api.py": "tests/tastemaker/declaration/file/test_applying.py",
    "tastemaker/declaration/file/checking.py": "tests/tastemaker/declaration/file/test_reading.py",
    "tastemaker/declaration/file/document.py": "tests/tastemaker/declaration/file/test_reading.py",
    "tastemaker/declaration/file/existing.py": "tests/tastemaker/declaration/file/test_planning.py",
    "tastemaker/declaration/file/order.py": "tests/tastemaker/declaration/file/test_reading.py",
    "tastemaker/declaration/file/sections.py": "tests/tastemaker/declaration/file/test_reading.py",
    "cli/declarations/options.py": "tests/cli/commands/test_declare.py",
    "cli/declarations/performing.py": "tests/cli/commands/test_declare.py",
    "cli/declarations/service.py": "tests/cli/commands/test_declare.py",
    "tastemaker/declaration/outcomes.py": "tests/tastemaker/declaration/test_lifecycle.py",
    "tastemaker/declaration/ownership.py": "tests/tastemaker/declaration/test_lifecycle.py",
    "tastemaker/declaration/updates.py": "tests/tastemaker/declaration/test_lifecycle.py",
    "tastemaker/control/core/control_plane.py": "tests/tastemaker/control/test_registry.py",
    "tastemaker/control/core/ports.py": "tests/tastemaker/control/test_registry.py",
    "tastemaker/control/resources/batch_inference_job.py": BATCH_JOBS,
    "tastemaker/control/resources/batch_segment_job.py": BATCH_JOBS,
    "tastemaker/serving/action_recommendations.py": "tests/end_to_end/test_actions.py",
    "tastemaker/serving/loaded.py": "tests/lambdas/stores/test_bundles.py",
    "tastemaker/serving/ports.py": "tests/tastemaker/serving/test_recommendations.py",
    "tastemaker/serving/runtime.py": "tests/tastemaker/serving/test_recommendations.py",
    "training/algorithms/checkpoint.py": "tests/training/test_main.py",
    "training/algorithms/content.py": "tests/training/test_job_models.py",
    "training/algorithms/optimizer.py": "tests/training/algorithms/test_trainer.py",
    "training/algorithms/similar.py": "tests/training/pipelines/test_similar.py",
    "training/distributed/launch.py": "tests/training/distributed/test_process_group.py",
    "scripts/licenses.py": "tests/scripts/test_shipped.py",
    "scripts/sbom.py": "tests/scripts/test_shipped.py",
    "scripts/screenshots.py": "tests/end_to_end/test_console.py",
}


@cache
def files_of_tests() -> tuple[str, ...]:
    found = (path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / "tests" / package).rglob("*"))
    return tuple(sorted(str(path) for path in found if path.match("test_*.py")))


@cache
def modules() -> tuple[str, ...]:
    """Every module of our packages that has at least one function with statements of its own."""
    return tuple(
        sorted(
            str(module.path)
            for module in source_code.modules()
            if module.package in PACKAGES and module.path.name != "__init__.py" and has_behavior(module.tree)
        )
    )


def has_behavior(tree: ast.Module) -> bool:
    """Whether a module does more than to declare constants, types and protocols."""
    return any(
        not (isinstance(body := node.body[-1], ast.Expr) and isinstance(body.value, ast.Constant))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    )


def source_of(test: str) -> str | None:
    """The module or package that a test file is named after."""
    path = Path(test)
    folder, words = Path(*path.parts[1:-1]), path.stem.split("_")[1:]
    for count in range(len(words), 0, -1):
        name = "_".join(words[:count])
        for source in (folder / f"{name}.py", folder / f"__{name}__.py", folder / name / "__init__.py"):
            if (ROOT / source).exists():
                return str(source)
    return None


@cache
def sources_of_tests() -> frozenset[str]:
    """The modules and packages that test files are named after."""
    return frozenset(source for test in files_of_tests() if (source := source_of(test)) is not None)


def covering(module: str) -> str | None:
    """The entry of `COVERED` for a module: its own, or that of its closest folder."""
    folders = (f"{folder}/" for folder in Path(module).parents)
    return next((entry for entry in (module, *folders) if entry in COVERED), None)


def test_every_test_file_is_named_after_its_source() -> None:
    lost = [test for test in files_of_tests() if source_of(test) is None and test not in WITHOUT_SOURCE]
    assert not lost, f"rename to test_<module>.py beside its source's folder, or give a reason: {lost}"


def test_every_module_has_a_test_file() -> None:
    untested = [
        module for module in modules() if module not in sources_of_tests() and covering(module) is None
    ]
    assert not untested, "write tests/<folder>/test_<module>.py for: " + ", ".join(untested)


@pytest.mark.parametrize("entry", COVERED)
def test_exception_is_needed_and_its_tests_exist(entry: str) -> None:
    assert (ROOT / COVERED[entry]).exists()
    assert any(module not in sources_of_tests() and covering(module) == entry for module in modules())


@pytest.mark.parametrize("test", WITHOUT_SOURCE)
def test_file_without_a_source_exists(test: str) -> None:
    assert (ROOT / test).exists() and source_of(test) is None
