"""The texts that users read stand in one file, so that a change of wording is seen in a diff."""

from tests.strings import FILE, strings, texts

SOURCE = '''
"""No text: a module."""
def f(x):
    """No text: a function."""
    raise Error(f"{x!r} is not a {kind('of thing')}, " "and so on", hint="use " + y)

@command("g")
def g(name: Annotated[str, Option(help="A name.")] = "one-word") -> None:
    """Print the name."""
'''


def test_strings_txt_has_every_text_of_the_package():
    assert strings() == FILE.read_text("utf-8"), "run `make strings`"


def test_messages_and_help_are_texts():
    assert texts(SOURCE) == [
        "{…} is not a {…}, and so on",
        "of thing",
        "use ",
        "A name.",
        "Print the name.",
    ]
