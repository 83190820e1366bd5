"""Every text of the package, in one file to read; `python -m tests.strings` writes it.

A text is a string that has a word and a space: messages, hints, help, captions, labels. Of the
docstrings only those of commands are, which are their help. `{…}` stands for an inserted value.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import PACKAGE

FILE = Path(__file__).parent / "strings.txt"
WORD = re.compile(r"[A-Za-z]{2}")


def string(node: ast.AST) -> str:
    """A string as the source has it, with `{…}` for each inserted value; '' of other nodes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(string(part) or "{…}" for part in node.values)
    return ""


def is_help(node: ast.AST) -> bool:
    """Whether the docstring of a function is its help: `@command(…)`, `@app.callback(…)`."""
    decorators = [
        each.func for each in getattr(node, "decorator_list", ()) if isinstance(each, ast.Call)
    ]
    names = [getattr(each, "attr", None) or getattr(each, "id", None) for each in decorators]
    return any(name in ("command", "callback") for name in names)


def not_texts(tree: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, and the parts of an f-string, which is one text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and not is_help(node):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                yield first.value


def texts(source: str) -> list[str]:
    """The texts of a source file, each once, in its order."""
    tree = ast.parse(source)
    skipped = set(not_texts(tree))
    nodes = [node for node in ast.walk(tree) if string(node) and node not in skipped]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    found = [string(node) for node in nodes]
    return [text for text in dict.fromkeys(found) if " " in text.strip("\n") and WORD.search(text)]


def strings() -> str:
    """All texts by file; a line each, with line breaks written as `\\n`."""
    lines = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if found := texts(path.read_text("utf-8")):
            lines += ["", path.relative_to(PACKAGE).as_posix()]
            lines += ["    " + text.replace("\n", "\\n") for text in found]
    return "\n".join(lines[1:]) + "\n"


if __name__ == "__main__":
    FILE.write_text(strings(), "utf-8")
