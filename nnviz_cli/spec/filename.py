"""Paths of outputs: the placeholders in them, and the rules for those that stand in a spec."""

import re
from collections.abc import Mapping

from nnviz_cli.errors import Problem, SpecError, did_you_mean
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.recording.shape import RECORDING
from nnviz_cli.spec.names import any_case

PLACEHOLDERS = ("name", "seed", "frames", "size")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HINT = "give a path inside the working folder, or any path with -o"


_DEVICES = "|".join(
    [*map(any_case, ("con", "prn", "aux", "nul")), f"({any_case('com')}|{any_case('lpt')})[1-9]"]
)
# what a path in a spec, which somebody else may have written, must not be
_REFUSED = {
    r"^[A-Za-z][A-Za-z0-9+.-]*:": "'{}' is an address or a drive, not a file",
    r"^[/\\~]|(^|[/\\])\.\.([/\\]|$)": "'{}' leads out of the working folder",
    rf"(^|[/\\])({_DEVICES})\s*([./\\]|$)": "'{}' names a device of Windows",
}


def fill(path: str, values: Mapping[str, object]) -> str:
    """A path with its placeholders, like {seed}, filled in; SpecError for an unknown one."""
    for name in _PLACEHOLDER.findall(path):
        if name not in values:
            known = "known: " + ", ".join(f"{{{each}}}" for each in values)
            hint = "; ".join(part for part in (did_you_mean(name, values), known) if part)
            raise SpecError([Problem(f"'{path}': unknown placeholder '{{{name}}}'", hint=hint)])
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), path)


def check_inside(path: str) -> None:
    """Refuse a path of a spec that leads out of the working folder: a spec may be a stranger's.

    On the command line (`-o`) any path will do.
    """
    for refused, message in _REFUSED.items():
        if re.search(refused, path):
            raise SpecError([Problem(message.format(path), hint=_HINT)])
    if not path.isprintable():
        raise SpecError([Problem("a path must not have control characters", hint=_HINT)])


def path_schema() -> dict[str, object]:
    """What a path in a spec may be, as keywords of a JSON Schema."""
    suffixes = "|".join(any_case(suffix) for suffix in (*FORMATS, RECORDING))
    known = "|".join(PLACEHOLDERS)
    refused = [*_REFUSED, rf"\{{(?!({known})\}})[^{{}}]*\}}"]
    return {
        "pattern": f"({suffixes})$",
        "not": {"anyOf": [{"pattern": pattern} for pattern in refused]},
    }
