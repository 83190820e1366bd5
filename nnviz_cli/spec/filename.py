"""Paths of outputs: the placeholders in them, and the rules for those that stand in a spec."""

import re
from collections.abc import Mapping

from nnviz_cli.errors import Problem, SpecError, did_you_mean
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.recording.shape import RECORDING
from nnviz_cli.spec.names import any_case

PLACEHOLDERS = ("name", "seed", "frames", "size")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HINT = "use a path inside the working directory, or pass any path with -o"


_DEVICES = "|".join(
    [*map(any_case, ("con", "prn", "aux", "nul")), f"({any_case('com')}|{any_case('lpt')})[1-9]"]
)
# what is refused of a path in a spec, which may be untrusted
_REFUSED = {
    r"^[A-Za-z][A-Za-z0-9+.-]*:": "'{}' is a URL or a drive, not a file",
    r"^[/\\~]|(^|[/\\])\.\.([/\\]|$)": "'{}' is outside the working directory",
    rf"(^|[/\\])({_DEVICES})\s*([./\\]|$)": "'{}' is a reserved device name on Windows",
}


def fill(path: str, values: Mapping[str, object]) -> str:
    """A path with its placeholders, like {seed}, filled in. Raises SpecError for an unknown one."""
    for name in _PLACEHOLDER.findall(path):
        if name not in values:
            known = "known: " + ", ".join(f"{{{each}}}" for each in values)
            hint = "; ".join(part for part in (did_you_mean(name, values), known) if part)
            raise SpecError([Problem(f"'{path}': unknown placeholder '{{{name}}}'", hint=hint)])
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), path)


def check_inside(path: str) -> None:
    """Raise SpecError if a path of a spec, which may be untrusted, leaves the working directory.

    On the command line (`-o`) any path will do.
    """
    for refused, message in _REFUSED.items():
        if re.search(refused, path):
            raise SpecError([Problem(message.format(path), hint=_HINT)])
    if not path.isprintable():
        raise SpecError([Problem("must not contain control characters", hint=_HINT)])


def path_schema() -> dict[str, object]:
    """What a path in a spec may be, as keywords of a JSON Schema."""
    suffixes = "|".join(any_case(suffix) for suffix in (*FORMATS, RECORDING))
    known = "|".join(PLACEHOLDERS)
    refused = [*_REFUSED, rf"\{{(?!({known})\}})[^{{}}]*\}}"]
    return {
        "pattern": f"({suffixes})$",
        "not": {"anyOf": [{"pattern": pattern} for pattern in refused]},
    }
