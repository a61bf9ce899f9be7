"""How many places know one thing: `python -m benchmarks.rooms [TREE]` counts them in the source of a tree.

For each kind of thing that people add (a variant, a transition, a codec, a store, a command), the files that name an
existing one; the places that list what a shot brings; the shapes that a clip has; import cycles, lazy imports
included; functions over 50 lines; and how far the tests mirror the source. Reads files as text, imports nothing.
"""

from __future__ import annotations

import argparse
import ast
import json
import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGES = ("wan", "flows")
LONGEST_FUNCTION = 50

VARIANTS = ("t2v-a14b", "i2v-a14b", "ti2v-5b", "s2v-14b", "animate-14b", "vace-fun-a14b")
NAMED: Mapping[str, tuple[str, ...]] = {
    "a transition": ("dissolve", "fade_black", "wipe_left", "slide_left"),
    "a codec": ("prores", "prores_ks", "libx265", "h265"),
    "a store": ("FolderBackend", "LocalStore", "FolderStore", "S3Store"),
    "a command": ("doctor",),
}
INPUTS = ("image", "end_image", "audio", "motion", "control", "video")
OTHERWISE = {"last_image": "end_image", "driving_video": "motion"}
FEWEST_INPUTS = 4
CLIP = frozenset(
    [
        "variant",
        "seed",
        "prompt",
        "negative_prompt",
        "num_frames",
        "width",
        "height",
        "fps",
        "loras",
        "image",
        "last_image",
        "start_frame",
        "numerics",
        "revision",
        "fingerprint",
        "upstream",
        "flow_shift",
        "num_inference_steps",
        "guidance_high",
        "guidance_low",
    ]
)
FEWEST_FIELDS = 7
TESTED_WHOLE: Mapping[str, tuple[str, ...]] = {
    "wan/tiny/train/": ("tests/wan/tiny/train/test_stages.py", "tests/wan/tiny/train/test_flow.py"),
    **dict.fromkeys(
        ("wan/tiny/measure", "wan/tiny/autoencoding.py", "wan/tiny/render.py"),
        ("tests/wan/tiny/test_checkpoints.py", "benchmarks/tiny_family.py"),
    ),
}
"""What is tested whole, and where (CONTRIBUTING.md): a stage of training by training it, measures of the tiny family by
measuring it."""

Source = Mapping[Path, ast.Module]


def read(root: Path) -> Source:
    """Every Python file of the packages, by its path below `root`."""
    files = (file for package in PACKAGES for file in sorted((root / package).rglob("*.py")))
    return {file.relative_to(root): ast.parse(file.read_text()) for file in files}


def words(tree: ast.AST) -> Iterator[str]:
    """Strings, attributes, keywords, fields and names, docstrings left out."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docs:
                yield text
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) | ast.Name(id=name) | ast.ClassDef(name=name):
                yield name


def naming(source: Source, names: tuple[str, ...]) -> list[str]:
    """Files that name one of these."""
    return [str(path) for path, tree in source.items() if set(names) & set(words(tree))]


def outside(files: list[str], variant: str) -> list[str]:
    """Those that are not in the variant's own folder."""
    own = variant.split("-")[0]
    return [file for file in files if f"wan/variants/{own}/" not in file]


def listing_inputs(source: Source) -> list[str]:
    """Functions, classes and module-level tables that name most of what a shot brings."""
    found = []
    for path, tree in source.items():
        for node in _places(tree):
            known = {OTHERWISE.get(word, word) for word in words(node)}
            if len(known & set(INPUTS)) >= FEWEST_INPUTS:
                found.append(f"{path}:{node.lineno}")
    return found


def _places(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            yield from methods
            yield ast.ClassDef(
                node.name, [], [], [part for part in node.body if part not in methods] or [ast.Pass()], [],
                lineno=node.lineno,
            )  # fmt: skip
        else:
            yield node


def clip_shapes(source: Source) -> list[str]:
    """Classes whose fields are mostly those of a clip."""
    found = []
    for path, tree in source.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                fields = {
                    part.target.id
                    for part in node.body
                    if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
                }
                if len(fields & CLIP) >= FEWEST_FIELDS:
                    found.append(f"{path}:{node.name}")
    return found


def long_functions(source: Source) -> list[str]:
    """Functions over `LONGEST_FUNCTION` lines."""
    return [
        f"{path}:{node.name} ({end - node.lineno + 1})"
        for path, tree in source.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (end := node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]


def imports(source: Source) -> dict[str, set[str]]:
    """Which module imports which, lazily too, but not for types alone."""
    modules = {_module(path): tree for path, tree in source.items()}
    found: dict[str, set[str]] = {}
    for name, tree in modules.items():
        typing = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        wanted: set[str] = set()
        for node in ast.walk(tree):
            if id(node) in typing:
                continue
            if isinstance(node, ast.ImportFrom) and node.module:
                wanted |= {
                    inner if (inner := f"{node.module}.{alias.name}") in modules else node.module
                    for alias in node.names
                }
            elif isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
        found[name] = (wanted & modules.keys()) - {name}
    return found


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        stack = list(graph[start])
        while stack:
            if (name := stack.pop()) not in seen:
                seen.add(name)
                stack.extend(graph[name])
        reached[start] = seen
    groups = {
        frozenset(other for other in reached[name] if name in reached[other]) for name in graph if name in reached[name]
    }
    return sorted(sorted(group) for group in groups)


def unmirrored(root: Path, source: Source) -> list[str]:
    """Files with code of their own beside which no test stands: `a/b.py` is tested by `tests/a/test_b.py`, a package's
    own file by `test_init.py`, what `TESTED_WHOLE` lists by the tests named there."""
    return [
        str(path)
        for path, tree in source.items()
        if _has_code(tree) and not all((root / test).exists() for test in tests_of(path))
    ]


def tests_of(path: Path) -> tuple[str, ...]:
    """The tests in which a newcomer looks for those of a file."""
    name = path.stem.strip("_")
    beside = f"tests/{path.parent.as_posix()}/test_{name}.py"
    whole = next((tests for prefix, tests in TESTED_WHOLE.items() if path.as_posix().startswith(prefix)), ())
    return (beside,) if name == "main" else whole or (beside,)


def tested_whole(source: Source) -> list[str]:
    """Files that are tested together with others, not each by itself."""
    return [str(path) for path, tree in source.items() if _has_code(tree) and len(tests_of(path)) > 1]


def _has_code(tree: ast.Module) -> bool:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(len(node.body) > 1 and not all(map(_is_silent, node.body)) for node in functions)


def _is_silent(part: ast.stmt) -> bool:
    """A docstring, or the `...` of a protocol."""
    return isinstance(part, ast.Pass) or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))


def lines(files: Iterator[Path]) -> int:
    """Lines of code and comment, blank ones left out."""
    return sum(bool(line.strip()) for file in files for line in file.read_text().splitlines())


def count(root: Path) -> dict[str, object]:
    """All of it, as JSON would hold it."""
    source = read(root)
    with_code = [path for path, tree in source.items() if _has_code(tree)]
    missing = unmirrored(root, source)
    functions = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for tree in source.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {
        "files that name a variant": {name: len(naming(source, (name,))) for name in VARIANTS},
        "of them outside its folder": {name: len(outside(naming(source, (name,)), name)) for name in VARIANTS},
        **{f"files that name {what}": naming(source, names) for what, names in NAMED.items()},
        "places that list what a shot brings": listing_inputs(source),
        "shapes of a clip": clip_shapes(source),
        "import cycles": cycles(imports(source)),
        f"functions over {LONGEST_FUNCTION} lines": long_functions(source),
        "lines of a function, median": statistics.median(functions),
        "files with a test beside them": f"{len(with_code) - len(missing)} of {len(with_code)}",
        "files without": missing,
        "of them tested whole": tested_whole(source),
        "test lines to source lines": round(
            lines((root / "tests").rglob("*.py")) / lines(root / path for path in source), 2
        ),
    }


def main() -> None:
    """Print it: numbers for people, everything with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = count(options.tree)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for what, value in found.items():
        print(f"{what:42}{len(value) if isinstance(value, list) else value}")


if __name__ == "__main__":
    main()
