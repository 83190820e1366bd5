"""Coverage-guided fuzzing of the reader and the checks; `make fuzz`.

Any bytes must be read as a spec or refused by a SpecError whose problems have places.
Specs with extreme numbers are tried first, and those numbers are words of the fuzzer.
Prints how many inputs were tried and what crashed.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["nnviz_cli", "yaml"]):
    from nnviz_cli.errors import SpecError
    from nnviz_cli.spec.load import load
    from nnviz_cli.spec.short_forms import with_settings
    from nnviz_cli.spec.yaml_reader import read_text
    from tests import extreme

CONFIGS = Path(__file__).parent.parent / "configs"
BASE = read_text("dataset: rings\nmodel: {layers: [3, 2, 1]}\n", "s.yaml")


def read(raw: bytes) -> None:
    """One input: a spec, and what can follow `--set`."""
    for attempt in (
        lambda: load(read_text(raw, "s.yaml")),
        lambda: load(with_settings(BASE, [raw.decode("utf-8", "replace")])),
    ):
        try:
            attempt()
        except SpecError as error:
            for problem in error.problems:
                assert problem.message
                assert problem.place is None or problem.place.column <= len(problem.place.text) + 1


def fuzz(seconds: int, corpus: str) -> None:
    """Try inputs in this process, which libFuzzer ends."""
    words = set()
    for _, number, plain in extreme.specs():
        read(json.dumps(plain).encode())
        words.add(f'"{number!r}"\n')
    dictionary = Path(f"{corpus}-words")
    dictionary.write_text("".join(sorted(words)))
    settings = [f"-max_total_time={seconds}", "-max_len=600", "-timeout=10"]
    settings += [
        f"-dict={dictionary}",
        "-verbosity=0",
        "-print_final_stats=1",
        f"-artifact_prefix={corpus}-crash-",
    ]
    atheris.Setup([sys.argv[0], *settings, corpus], read)
    atheris.Fuzz()


def main() -> int:
    """Fuzz for some time in another process, and print figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--corpus", type=Path, default=Path("outputs/fuzz"))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        fuzz(options.seconds, str(options.corpus))
    options.corpus.mkdir(parents=True, exist_ok=True)
    for path in CONFIGS.glob("*.yaml"):
        (options.corpus / path.stem).write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "tests.fuzz", "--inside", *sys.argv[1:]]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    tried = re.search(r"number_of_executed_units: +(\d+)", done.stderr)
    crashes = int(done.returncode != 0)  # libFuzzer ends at the first
    if crashes:
        print(done.stderr[-4000:])
    print(f"{tried[1] if tried else '?'} inputs in {options.seconds} s, {crashes} crashes")
    return crashes


if __name__ == "__main__":
    sys.exit(main())
