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
        "timing",
        "budget",
        "dataset",
        "grid",
        "holdout",
        "shape",
        "number",
        "decision",
        "vetting",
        "recording",
        "separability",
        "event",
        "caption",
        "poster",
        "alt",
        "sheet",
        "theme",
        "font",
        "artist",
    ),
    *(
        "panel",
        "video",
        "reader",
        "complaint",
        "naming",
        "filename",
        "variant",
        "layout",
        "page",
        "spec",
        "timeline",
        "figure",
        "morph",
        "drawers",
        "startup",
    ),
    *(
        "model",
        "metric",
        "training",
        "experiment",
        "sidecar",
        "drawing",
        "render",
        "bend",
        "verify",
        "catalog",
        "template",
    ),
    *("doctor", "progress", "cli", "__main__"),
]


# a room that is a folder has an order of its own
INSIDE = {
    "spec": ["value", "tree", "form", "task", "fit", "schema", "__init__"],
    "morph": ["path", "tempo", "motion", "plan", "camera", "scene", "picture", "__init__"],
    "panel": [
        "space",
        "part",
        "words",
        "scale",
        "legend",
        "fit",
        "line",
        "orbit",
        "hidden",
        "input",
        "loss",
        "units",
        "network",
        "weights",
        "history",
        "__init__",
    ],
}


def imports_of(path):
    """Modules of the package that a file imports, also inside functions."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nnviz_cli"):
            module = (node.module or "").removeprefix("nnviz_cli").lstrip(".")
            if module in INSIDE and path.parent.name == module:
                yield from (f"{module}.{name.name}" for name in node.names)
            elif module:
                yield module
            else:
                yield from (
                    name.name if (PACKAGE / f"{name.name}.py").exists() else "__init__"
                    for name in node.names
                )


def room(path):
    """The first part of a module's name inside the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_room_has_its_place():
    assert {room(path) for path in PACKAGE.rglob("*.py")} == set(ORDER)
    for folder, order in INSIDE.items():
        assert {path.stem for path in (PACKAGE / folder).glob("*.py")} == set(order)


def test_imports_point_one_way():
    for path in PACKAGE.rglob("*.py"):
        for module in imports_of(path):
            to, _, inner = module.partition(".")
            if to == room(path):
                order = INSIDE[to]
                assert order.index(inner) < order.index(path.stem), f"{path.stem} imports {module}"
            else:
                assert ORDER.index(to) < ORDER.index(room(path)), f"{path.stem} imports {module}"


def test_drawing_never_sees_keras_and_training_never_sees_matplotlib():
    for name, banned in (
        *(
            (each, ("keras", "tensorflow"))
            for each in ("panel", "page", "figure", "morph", "drawers", "video", "ffmpeg", "disk")
        ),
        *(
            (each, ("matplotlib",))
            for each in (
                "model",
                "training",
                "decision",
                "metric",
                "vetting",
                "recording",
                "separability",
                "event",
                "caption",
                "dataset",
                "poster",
                "alt",
            )
        ),
    ):
        files = (PACKAGE / name).glob("*.py") if name in INSIDE else [PACKAGE / f"{name}.py"]
        tree = ast.parse("\n".join(path.read_text() for path in files))
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
