"""The house: imports point one way, and nothing is built twice."""

import ast
from graphlib import TopologicalSorter

from tests.conftest import PACKAGE

# folders, in the order of the data: each imports only from those before it, and from the modules
# that are in no folder as long as these do not import it
FOLDERS = ["data", "film", "recording", "draw", "spec", "train", "web", "job", "command"]
# what a folder, or a module in none, must not import
BANNED = {
    "data": {"keras", "tensorflow", "matplotlib"},
    "film": {"keras", "tensorflow", "matplotlib"},
    "recording": {"keras", "tensorflow", "matplotlib"},
    "draw": {"keras", "tensorflow"},
    "panel": {"keras", "tensorflow"},
    "morph": {"keras", "tensorflow"},
    "spec": {"keras", "tensorflow", "matplotlib"},
    "train": {"matplotlib"},
}


def name_of(path):
    """'nnviz_cli.draw.panels.fit' of a file, 'nnviz_cli.draw.panels' of its `__init__`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def imported_names(path):
    """Every name that a file imports, also inside functions: 'numpy', 'nnviz_cli.draw.panels.fit'."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in MODULES else node.module


def imports():
    """Module to the modules of the package that it imports."""
    return {
        name: {each for each in imported_names(path) if each in MODULES} - {"nnviz_cli"}
        for name, path in MODULES.items()
    }


def folder(module):
    """The folder of a module inside the package, or ''."""
    parts = module.split(".")
    inside = len(parts) > 2 or MODULES[module].name == "__init__.py"
    return parts[1] if inside and len(parts) > 1 else ""


def test_imports_go_in_no_circle():
    list(TopologicalSorter(imports()).static_order())


def test_folders_import_from_those_before_them():
    for module, others in imports().items():
        for other in others:
            places = [folder(each) for each in (module, other)]
            if all(place in FOLDERS for place in places):
                assert FOLDERS.index(places[1]) <= FOLDERS.index(places[0]), (module, other)


def test_drawing_never_sees_keras_and_training_never_sees_matplotlib():
    for module, path in MODULES.items():
        banned = BANNED.get(folder(module), set())
        names = {name.split(".")[0] for name in imported_names(path)}
        assert not names & banned, module
