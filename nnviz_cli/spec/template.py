"""Commented specs to start from, one for each dataset."""

from importlib import resources
from pathlib import Path

from nnviz_cli.errors import Problem, SpecError, did_you_mean
from nnviz_cli.spec.names import canonical

SCHEMA_NAME = "nnviz.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA_NAME}\n"  # relative: it may be shared
HEADER = """\
# Make the film:      nnviz render THIS_FILE
# See all defaults:   nnviz show THIS_FILE
"""
FOR_EDITORS = """\
# For an editor:      nnviz schema > nnviz.schema.json, and as the first line of this file
#                     "# yaml-language-server: $schema=nnviz.schema.json"
"""

_FOLDER = resources.files("nnviz_cli.spec").joinpath("templates")
TEMPLATES = sorted(Path(item.name).stem for item in _FOLDER.iterdir() if item.name.endswith("yaml"))


def write(path: Path, template: str, *, schema: bool = False) -> Path:
    """Write a template where there is no file yet, and on request the schema beside it.

    Without a schema no path is written, so that the file can be given away alone.
    """
    name = canonical("dataset", template)
    if name not in TEMPLATES:
        hint = did_you_mean(template, TEMPLATES)
        hint = "; ".join(filter(None, (hint, f"known: {', '.join(TEMPLATES)}")))
        raise SpecError([Problem(f"--template: unknown template '{template}'", hint=hint)])
    path = path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml")
    text = _FOLDER.joinpath(f"{name}.yaml").read_text("utf-8")
    start = MODELINE + HEADER if schema else HEADER + FOR_EDITORS
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(start + text)
        if schema:
            known = resources.files("nnviz_cli").joinpath("spec.schema.json").read_text("utf-8")
            path.with_name(SCHEMA_NAME).write_text(known, "utf-8")
    except FileExistsError:
        raise SpecError(f"{path} exists; choose another name") from None
    except OSError as error:
        raise SpecError(f"cannot write {path}: {error.strerror}") from None
    return path
