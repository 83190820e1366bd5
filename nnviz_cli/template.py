"""Commented specs to start from."""

from importlib import resources
from pathlib import Path

from nnviz_cli.errors import Problem, SpecError, did_you_mean

_FOLDER = resources.files("nnviz_cli").joinpath("templates")
TEMPLATES = sorted(Path(item.name).stem for item in _FOLDER.iterdir() if item.name.endswith("yaml"))


def write(path: Path, template: str) -> Path:
    """Write a template where there is no file yet; its modeline names the installed schema."""
    if template not in TEMPLATES:
        hint = did_you_mean(template, TEMPLATES) or f"known: {', '.join(TEMPLATES)}"
        raise SpecError([Problem(f"unknown template '{template}'", hint=hint)])
    path = path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml")
    schema = resources.files("nnviz_cli").joinpath("spec.schema.json")
    text = _FOLDER.joinpath(f"{template}.yaml").read_text("utf-8")
    modeline = f"# yaml-language-server: $schema={schema}\n"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(modeline + text)
    except FileExistsError:
        raise SpecError(f"{path} exists; choose another name") from None
    except OSError as error:
        raise SpecError(f"cannot write {path}: {error.strerror}") from None
    return path
