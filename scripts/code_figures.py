"""Print figures of the source code: sizes, functions that are too long, `Any`, and import cycles.

    python -m scripts.code_figures [FOLDER]

FOLDER is a checkout, this one by default. The packages are those that ship, and tests do not count. A figure
of a file is its number of lines; a function counts from `def` to its last line.
"""

import ast
import gc
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
MAX_FUNCTION_LINES = 50
PACKAGES = (
    "benchmarks",
    "cli",
    "console",
    "demo",
    "deployment",
    "distributed",
    "examples",
    "infrastructure",
    "lambdas",
    "local",
    "scripts",
    "tastemaker",
    "tastemaker_cdk",
    "training",
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """A module with its dotted name, its number of lines and its syntax tree."""

    name: str
    path: Path
    lines: int
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


def sources(folder: Path = ROOT) -> list[Source]:
    """Return the modules of the packages in a checkout."""
    found = []
    collects = gc.isenabled()
    gc.disable()  # It would visit all nodes again and again, which takes two thirds of the time.
    try:
        for package in PACKAGES:
            for path in sorted((folder / package).rglob("*.py")):
                parts = path.relative_to(folder).with_suffix("").parts
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                text = path.read_text(encoding="utf-8")
                found.append(Source(name, path.relative_to(folder), len(text.splitlines()), ast.parse(text)))
    finally:
        if collects:
            gc.enable()
    return found


def long_functions(modules: Sequence[Source]) -> list[str]:
    """Return the functions with more than `MAX_FUNCTION_LINES` lines, as `file:line name lines`."""
    return [
        f"{module.path}:{node.lineno} {node.name} {lines}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, FUNCTIONS)
        and node.end_lineno is not None
        and (lines := node.end_lineno - node.lineno + 1) > MAX_FUNCTION_LINES
    ]


def any_uses(module: Source) -> int:
    """Return how often a module uses the type `Any`, without the import."""
    names = (getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(module.tree))
    return sum(name == "Any" for name in names)


def imports(module: Source, known: set[str]) -> set[str]:
    """Return the modules of ours that a module imports outside of functions, also for type checkers."""
    found = set()
    for node in _outside_functions(module.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & known) or {node.module}
    return (found & known) - {module.name}


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, FUNCTIONS):
            yield child
            yield from _outside_functions(child)


def cycles(modules: Sequence[Source]) -> list[list[str]]:
    """Return the groups of modules that import each other (Tarjan's algorithm)."""
    known = {module.name for module in modules}
    graph = {module.name: sorted(imports(module, known)) for module in modules}
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in graph[name]:
            if other not in order:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == order[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in graph:
        if name not in order:
            visit(name)
    return found


def main(arguments: list[str]) -> int:
    """Print the figures of a checkout."""
    modules = sources(Path(arguments[0]) if arguments else ROOT)
    sizes = sorted(module.lines for module in modules)
    functions = sum(isinstance(node, FUNCTIONS) for module in modules for node in ast.walk(module.tree))
    long, circles = long_functions(modules), [" ↔ ".join(group) for group in cycles(modules)]
    print(f"files                       {len(sizes):,}")
    print(f"lines, median and 90th %    {median(sizes):.0f} {sizes[int(len(sizes) * 0.9)]}")
    print(f"files over 350 lines        {sum(size > 350 for size in sizes)}")
    print(f"functions over 50 lines     {len(long)} of {functions:,}", *long, sep="\n  ")
    print(f"import cycles               {len(circles)}", *circles, sep="\n  ")
    for package in PACKAGES:
        own = [module for module in modules if module.package == package]
        if own:
            lines = sum(module.lines for module in own)
            print(f"Any in {package:<20} {sum(map(any_uses, own))} in {lines:,} lines")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
