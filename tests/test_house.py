"""The house: imports point one way, and nothing is built twice."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "nnviz_cli"

# each room imports only from rooms above it
ORDER = [
    *(
        "__init__",
        "errors",
        "vocabulary",
        "interrupt",
        "disk",
        "ffmpeg",
        "limit",
        "dataset",
        "recording",
        "theme",
        "font",
        "artist",
    ),
    *("panel", "video", "reader", "complaint", "variant", "spec", "figure", "drawers", "startup"),
    *("model", "training", "experiment", "sidecar", "render", "verify", "catalog", "template"),
    *("doctor", "progress", "cli", "__main__"),
]


def imports_of(path):
    """Modules of the package that a file imports, also inside functions."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nnviz_cli"):
            module = (node.module or "").removeprefix("nnviz_cli").lstrip(".")
            if module:
                yield module
            else:
                yield from (
                    name.name if (PACKAGE / f"{name.name}.py").exists() else "__init__"
                    for name in node.names
                )


def test_every_room_has_its_place():
    assert sorted(path.stem for path in PACKAGE.glob("*.py")) == sorted(ORDER)


def test_imports_point_one_way():
    for path in PACKAGE.glob("*.py"):
        for module in imports_of(path):
            assert ORDER.index(module) < ORDER.index(path.stem), f"{path.stem} imports {module}"


def test_drawing_never_sees_keras_and_training_never_sees_matplotlib():
    for name, banned in (
        *(
            (room, ("keras", "tensorflow"))
            for room in ("panel", "figure", "drawers", "video", "ffmpeg", "disk")
        ),
        *((room, ("matplotlib",)) for room in ("model", "training", "recording", "dataset")),
    ):
        tree = ast.parse((PACKAGE / f"{name}.py").read_text())
        names = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert not names & set(banned), name
