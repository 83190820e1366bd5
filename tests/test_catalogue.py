"""The catalogue of bad inputs: what is said, where, and that nothing is written.

All of them run in one process, which must end without TensorFlow.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

HEAD = "dataset: rings\nmodel: {layers: [3, 2, 1]}\n"
CURVE = "dataset: polynomial\nmodel: {layers: [4, 1]}\n"
RENDER = ("render", "s.yaml")
VALIDATE = ("validate", "s.yaml")

RUNNER = """
import contextlib, io, json, os, sys
from nnviz_cli import cli
answers = []
for text, words, env in json.load(sys.stdin):
    if text is not None:
        open("s.yaml", "wb").write(text.encode("latin-1"))
    os.environ.update(env)
    sys.argv, out, err = ["nnviz", *words], io.StringIO(), io.StringIO()
    before = sorted(os.walk("."))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as end:
            status = end.code
    for name in env:
        del os.environ[name]
    heavy = [name for name in ("tensorflow", "matplotlib", "h5py") if name in sys.modules]
    answers.append([status, out.getvalue(), err.getvalue(), sorted(os.walk(".")) != before, heavy])
json.dump(answers, sys.stdout)
"""


@dataclass(frozen=True)
class Row:
    """A bad input; `text` is what s.yaml holds, in Latin-1."""

    name: str  # its number in the catalogue, and what is wrong
    text: str | None
    words: tuple[str, ...]
    said: list[str]  # on stderr, without quoted lines and what is known; none: the spec is good
    env: dict[str, str] = field(default_factory=dict)


# fmt: off
CATALOGUE = [
    Row("1 no argument", None, ("render",),
        ["Error: Missing argument 'SPEC...'."]),
    Row("2 no such command", None, ("rnder", "x"),
        ["Error: No such command 'rnder'. Did you mean 'render'?"]),
    Row("3 file missing", None, ("render", "ring.yml"),
        ["ring.yml: no such file",
         "  hint: did you mean 'ring.yaml'?"]),
    Row("4 a folder", None, ("render", "folder"),
        ["folder: is a folder",
         "  hint: name the specs in it"]),
    Row("4 not text", "\u0000\u0001\u0002bin", RENDER,
        ["s.yaml:1:1: not a text file: NUL at byte 0",
         "  hint: save the spec as text in UTF-8"]),
    Row("5 empty", "", RENDER,
        ["s.yaml:1:1: empty spec",
         "  hint: the smallest spec is '{dataset: rings, model: {layers: [3, 2, 1]}}'"]),
    Row("5 only comments", "# nothing\n", RENDER,
        ["s.yaml:1:1: empty spec",
         "  hint: the smallest spec is '{dataset: rings, model: {layers: [3, 2, 1]}}'"]),
    Row("6 a list", "- a\n", RENDER,
        ["s.yaml:1:1: expected a mapping (key: value), got a list",
         "  hint: the smallest spec is '{dataset: rings, model: {layers: [3, 2, 1]}}'"]),
    Row("6 a scalar", "rings\n", RENDER,
        ["s.yaml:1:1: expected a mapping (key: value), got 'rings'",
         "  hint: the smallest spec is '{dataset: rings, model: {layers: [3, 2, 1]}}'"]),
    Row("7 a tab", "dataset:\n\tname: rings\n", RENDER,
        ["s.yaml:2:1: tab used for indentation; use spaces"]),
    Row("8 an open bracket", "dataset: rings\nmodel: {layers: [3, 2\n", RENDER,
        ["s.yaml:2:17: [ is never closed"]),
    Row("8 an open quote", "title: 'a\ndataset: rings\n", RENDER,
        ["s.yaml:1:8: ' is never closed"]),
    Row("9 two documents", HEAD + "---\ndataset: rings\nmodel: {layers: [3, 2, 1]}\n", RENDER,
        ["s.yaml:3:1: one spec per file; a second one starts here"]),
    Row("10 latin-1", HEAD + "title: café\n", RENDER,
        ["s.yaml:3:11: not valid UTF-8 at byte 52",
         "  hint: save the spec as text in UTF-8"]),
    Row("10 NUL", HEAD + "title: a\u0000b\n", RENDER,
        ["s.yaml:3:9: not a text file: NUL at byte 50",
         "  hint: save the spec as text in UTF-8"]),
    Row("11 twice", HEAD + "frames: 3\nframes: 4\n", RENDER,
        ["s.yaml:4:1: 'frames' is given twice, first in line 3"]),
    Row("12 an anchor", "dataset: &a rings\nmodel: {layers: [1]}\n", RENDER,
        ["s.yaml:1:10: anchors (&) are not allowed in a spec",
         "  hint: quote text with a &"]),
    Row("12 an alias", "dataset: *a\n", RENDER,
        ["s.yaml:1:10: aliases (*) are not allowed in a spec",
         "  hint: quote text with a *"]),
    Row("12 a merge key", HEAD + "training: {<<: {a: 1}}\n", RENDER,
        ["s.yaml:3:12: merge keys (<<) are not allowed in a spec"]),
    Row("12 a tag", "dataset: !!python/object/apply:os.system ['true']\n", RENDER,
        ["s.yaml:1:10: tags (!) are not allowed in a spec",
         "  hint: quote text with a !"]),
    Row("13 deep", "a: " + "[" * 40 + "\n", RENDER,
        ["s.yaml:1:35: nested deeper than 32"]),
    Row("13 five megabytes", "#" * 5_000_000, RENDER,
        ["s.yaml:1:1: larger than 256 kB"]),
    Row("14 a mistyped key", HEAD + "training: {learning_rte: .1}\n", RENDER,
        ["s.yaml:3:12: training: unknown key 'learning_rte'",
         "  hint: did you mean 'learning_rate'?"]),
    Row("15 another section's key", HEAD + "fps: 3\n", RENDER,
        ["s.yaml:3:1: unknown key 'fps'",
         "  hint: 'fps' belongs under 'view'"]),
    Row("16 a missing key", "model: {layers: [3, 2, 1]}\n", RENDER,
        ["s.yaml:1:1: dataset: missing"]),
    Row("17 a word", HEAD + "frames: yes\n", RENDER,
        ["s.yaml:3:9: frames: expected a whole number, got 'yes'"]),
    Row("18 zero", HEAD + "frames: 0\n", RENDER,
        ["s.yaml:3:9: frames: must be at least 1, got 0"]),
    Row("18 negative", HEAD + "frames: -3\n", RENDER,
        ["s.yaml:3:9: frames: must be at least 1, got -3"]),
    Row("18 not whole", HEAD + "frames: 1.5\n", RENDER,
        ["s.yaml:3:9: frames: expected a whole number, got 1.5"]),
    Row("19 years of film", HEAD + "frames: 1000000000\n", RENDER,
        ["s.yaml:3:9: frames: must be at most 20000, got 1000000000",
         "  hint: --large lifts this limit"]),
    Row("20 octal", HEAD + "frames: 010\n", RENDER,
        ["s.yaml:3:9: ambiguous number '010'",
         "  hint: write 10, or quote it if it is text"]),
    Row("20 underscore", HEAD + "frames: 1_000\n", RENDER,
        ["s.yaml:3:9: ambiguous number '1_000'",
         "  hint: write 1000, or quote it if it is text"]),
    Row("20 sexagesimal", HEAD + "frames: 1:30\n", RENDER,
        ["s.yaml:3:9: frames: expected a whole number, got '1:30'"]),
    Row("21 a word for a number", HEAD + "training: {learning_rate: fast}\n", RENDER,
        ["s.yaml:3:27: training.learning_rate: expected a number, got 'fast'"]),
    Row("22 nan", HEAD + "training: {learning_rate: .nan}\n", RENDER,
        ["s.yaml:3:27: training.learning_rate: must be a finite number, got nan"]),
    Row("22 infinite", HEAD + "training: {learning_rate: .inf}\n", RENDER,
        ["s.yaml:3:27: training.learning_rate: must be a finite number, got inf"]),
    Row("22 zero", HEAD + "training: {learning_rate: 0}\n", RENDER,
        ["s.yaml:3:27: training.learning_rate: must be greater than 0, got 0"]),
    Row("22 negative", HEAD + "training: {learning_rate: -1}\n", RENDER,
        ["s.yaml:3:27: training.learning_rate: must be greater than 0, got -1"]),
    Row("23 1e-3 is a number", HEAD + "training: {learning_rate: 1e-3}\n", VALIDATE,
        []),
    Row("24 a comma", HEAD + "training: {learning_rate: '1,5'}\n", RENDER,
        ["s.yaml:3:27: training.learning_rate: expected a number, got '1,5'",
         "  hint: a decimal point is a point: 1.5"]),
    Row("25 activation", "dataset: rings\nmodel: {layers: [3, 2, 1], activation: tahn}\n", RENDER,
        ["s.yaml:2:40: model.activation: unknown activation 'tahn'",
         "  hint: did you mean 'tanh'?"]),
    Row("26 optimizer", HEAD + "training: {optimizer: adamm}\n", RENDER,
        ["s.yaml:3:23: training.optimizer: unknown optimizer 'adamm'",
         "  hint: did you mean 'adam'?"]),
    Row("26 loss", HEAD + "training: {loss: hinge2}\n", RENDER,
        ["s.yaml:3:18: training.loss: unknown loss 'hinge2'",
         "  hint: did you mean 'hinge'?"]),
    Row("27 loss and task", "dataset: polynomial\nmodel: {layers: [2, 1]}\ntraining: {loss: binary_crossentropy}\n", RENDER,
        ["s.yaml:3:18: training.loss: 'binary_crossentropy' does not fit a regression task with 1 output",
         "  hint: use 'mse'"]),
    Row("28 no list", "dataset: rings\nmodel: {layers: 3}\n", RENDER,
        ["s.yaml:2:17: model.layers: expected a list, got 3",
         "  hint: write [3]"]),
    Row("29 no layers", "dataset: rings\nmodel: {layers: []}\n", RENDER,
        ["s.yaml:2:17: model.layers: needs at least 1, got an empty list"]),
    Row("29 no units", "dataset: rings\nmodel: {layers: [0]}\n", RENDER,
        ["s.yaml:2:18: model.layers.0.units: must be at least 1, got 0"]),
    Row("29 negative units", "dataset: rings\nmodel: {layers: [3, -1]}\n", RENDER,
        ["s.yaml:2:21: model.layers.1.units: must be at least 1, got -1"]),
    Row("29 too many units", "dataset: rings\nmodel: {layers: [100000, 1]}\n", RENDER,
        ["s.yaml:2:18: model.layers.0.units: must be at most 1024, got 100000",
         "  hint: --large lifts this limit"]),
    Row("30 a panel that does not fit", "dataset: rings\nmodel: {layers: [5, 1]}\nview: {panels: fit}\n", RENDER,
        ["s.yaml:3:16: view.panels: 'fit' draws a regression with one input and one output"]),
    Row("31 an odd side", HEAD + "view: {size: 641x480}\n", RENDER,
        ["s.yaml:3:14: view.size: both sides must be even, got 641x480",
         "  hint: use 640x480 or 642x480"]),
    Row("32 a huge side", HEAD + "view: {size: 1000000x480}\n", RENDER,
        ["s.yaml:3:14: view.size: each side must be from 32 to 4096 pixels, got 1000000x480",
         "  hint: --large lifts this limit"]),
    Row("32 no side", HEAD + "view: {size: 4x480}\n", RENDER,
        ["s.yaml:3:14: view.size: each side must be from 32 to 4096 pixels, got 4x480"]),
    Row("32 a small side", HEAD + "view: {size: 8x480}\n", RENDER,
        ["s.yaml:3:14: view.size: each side must be from 32 to 4096 pixels, got 8x480"]),
    Row("33 no rate", HEAD + "view: {fps: 0}\n", RENDER,
        ["s.yaml:3:13: view.fps: must be at least 1, got 0"]),
    Row("33 a fast rate", HEAD + "view: {fps: 1000}\n", RENDER,
        ["s.yaml:3:13: view.fps: must be at most 120, got 1000"]),
    Row("33 a unit", HEAD + "view: {fps: 30fps}\n", RENDER,
        ["s.yaml:3:13: view.fps: expected a number, got '30fps'"]),
    Row("34 a fast GIF", HEAD + "view: {fps: 60}\noutputs: [a.gif]\n", RENDER,
        ["s.yaml:4:11: a.gif: 60 frames a second is too fast for this format",
         "  hint: use 50, 25, 20, 10, or write an .mp4"]),
    Row("35 no such format", HEAD, (*RENDER, "-o", "film.xyz"),
        ["no film format is called '.xyz': 'film.xyz'",
         "  hint"]),
    Row("35 no suffix", HEAD, (*RENDER, "-o", "film"),
        ["a film's name needs a suffix: 'film'",
         "  hint"]),
    Row("37 nowhere to write", HEAD, (*RENDER, "-o", "/proc/none/film.mp4"),
        ["cannot write /proc/none/film.mp4: No such file or directory"]),
    Row("39 a folder in the way", HEAD, (*RENDER, "-o", "folder.mp4"),
        ["folder.mp4 is there and is not a file",
         "  hint: choose another name"]),
    Row("39 the spec itself", HEAD, ("render", "s.mp4", "-o", "s.mp4"),
        ["s.mp4 is the spec itself"]),
    Row("40 one film of two specs", HEAD, (*RENDER, "s2.yaml", "-o", "a.mp4"),
        ["s.yaml and s2.yaml both write 'a.mp4'",
         "  hint: use '{name}' in the path: -o '{name}.gif'"]),
    Row("41 above", HEAD + "outputs: [../../x.mp4]\n", RENDER,
        ["s.yaml:3:11: '../../x.mp4' leads out of the working folder",
         "  hint: give a path inside the working folder, or any path with -o"]),
    Row("41 absolute", HEAD + "outputs: [/etc/x.mp4]\n", RENDER,
        ["s.yaml:3:11: '/etc/x.mp4' leads out of the working folder",
         "  hint: give a path inside the working folder, or any path with -o"]),
    Row("41 an address", HEAD + "outputs: ['http://h/x.mp4']\n", RENDER,
        ["s.yaml:3:11: 'http://h/x.mp4' is an address or a drive, not a file",
         "  hint: give a path inside the working folder, or any path with -o"]),
    Row("41 a device", HEAD + "outputs: [CON.mp4]\n", RENDER,
        ["s.yaml:3:11: 'CON.mp4' names a device of Windows",
         "  hint: give a path inside the working folder, or any path with -o"]),
    Row("46 a large batch", "dataset: {name: rings, points: 20}\nmodel: {layers: [2, 1]}\ntraining: {batch_size: 64}\n", RENDER,
        ["s.yaml:3:24: training.batch_size: a batch of 64, but there are 40 samples",
         "  hint: use at most 40"]),
    Row("47 no seed", HEAD + "seed: abc\n", RENDER,
        ["s.yaml:3:7: seed: expected a whole number, got 'abc'"]),
    Row("47 a negative seed", HEAD + "seed: -1\n", RENDER,
        ["s.yaml:3:7: seed: must be at least 0, got -1"]),
    Row("47 a large seed", HEAD + "seed: 1099511627776\n", RENDER,
        ["s.yaml:3:7: seed: must be at most 4294967295, got 1099511627776"]),
    Row("49 a long title", HEAD + "title: " + "x" * 10_000 + "\n", RENDER,
        ["s.yaml:3:8: title: longer than 200 characters"]),
    Row("49 an escape", HEAD + "title: \"a\\u001b[31m\"\n", RENDER,
        ["s.yaml:3:8: title: has characters that are not allowed: 'a\\x1b[31m'"]),
    Row("50 a colour of no theme", HEAD + "view: {theme: bleu}\n", RENDER,
        ["s.yaml:3:15: view.theme: unknown theme 'bleu'",
         "  hint"]),
    Row("52 no such option", HEAD, (*RENDER, "--jobs", "0"),
        ["Error: No such option: --jobs (Possible options: --json)"]),
    Row("53 --set", HEAD, (*RENDER, "--set", "train.lr=1"),
        ["--set:1:1: unknown key 'train'",
         "  hint: did you mean 'training'?"]),
    Row("a size for an mp4", HEAD + "outputs: [{path: a.mp4, max_size: 1MB}]\n", RENDER,
        ["s.yaml:3:35: max_size is for .gif, .webp and .apng, not for a.mp4"]),
    Row("a size that is none", HEAD + "outputs: [{path: a.gif, max_size: small}]\n", RENDER,
        ["s.yaml:3:35: outputs.0.max_size: expected a size like 10MB or 500kB, got 'small'"]),
    Row("a frame that is none", HEAD + "outputs: [{path: a.png, frame: best}]\n", RENDER,
        ["s.yaml:3:32: outputs.0.frame: expected the index of a frame, or 'telling', got 'best'"]),
    Row("a sheet that is a film", HEAD + "outputs: [{path: a.gif, sheet: 4x3}]\n", RENDER,
        ["s.yaml:3:32: a sheet is a .png, not a.gif"]),
    Row("a sheet and a frame", HEAD + "outputs: [{path: a.png, sheet: 4x3, frame: 2}]\n", RENDER,
        ["s.yaml:3:32: a sheet shows many frames",
         "  hint: give either frame or sheet"]),
    Row("a huge sheet", HEAD + "outputs: [{path: a.png, sheet: 9x9}]\n", RENDER,
        ["s.yaml:3:32: a sheet of 5880x3360 pixels is larger than 4096 a side",
         "  hint: use a smaller size or fewer columns and rows; --large lifts this limit"]),
    Row("a sheet that is none", HEAD + "outputs: [{path: a.png, sheet: 12}]\n", RENDER,
        ["s.yaml:3:32: outputs.0.sheet: expected columns and rows like 4x3, 1 to 20, got 12"]),
    Row("room: a long recording", HEAD + "frames: 20000\n", RENDER,
        ["s.yaml:3:9: frames: 20000 frames of 40000 points take 11.5 GB of disk while they are made, more than 8 GB",
         "  hint: use fewer frames or points; --large lifts this limit"]),
    Row("room: many points", "dataset: {name: rings, points: 900000}\nmodel: {layers: [2, 1]}\n", RENDER,
        ["s.yaml:1:32: dataset.points: must be at most 500000, got 900000",
         "  hint: --large lifts this limit"]),
    Row("divergence", HEAD + "training: {on_divergence: ignore}\n", RENDER,
        ["s.yaml:3:27: training.on_divergence: expected 'stop' or 'fail', got 'ignore'"]),
    Row("32 a ratio", HEAD + "view: {size: 16:9}\n", RENDER,
        ["s.yaml:3:14: view.size: expected a size like 1280x720, got '16:9'"]),
    Row("48 mathematics that is none", HEAD + "title: 'Ba$$in and $x_$'\n", VALIDATE,
        []),
    Row("54 no ffmpeg", HEAD, RENDER,
        ["IMAGEIO_FFMPEG_EXE names '/nope', which is no working ffmpeg: No such file or directory; correct or unset it"], {"IMAGEIO_FFMPEG_EXE": "/nope"}),
    Row("54 not ffmpeg", HEAD, RENDER,
        ["IMAGEIO_FFMPEG_EXE names '/bin/true', which is no working ffmpeg: it says nothing; correct or unset it"], {"IMAGEIO_FFMPEG_EXE": "/bin/true"}),
    Row("mosaic: rows of two lengths", HEAD + "view: {panels: [[input, hidden], [loss]]}\n", RENDER,
        ["s.yaml:3:16: view.panels: row 2 has 1 cell, but row 1 has 2"]),
    Row("mosaic: no rectangle", HEAD + "view: {panels: [[input, loss], [loss, hidden]]}\n", RENDER,
        ["s.yaml:3:16: view.panels: the cells of 'loss' are no rectangle"]),
    Row("mosaic: no panel", HEAD + "view: {panels: [[.], [.]]}\n", RENDER,
        ["s.yaml:3:16: view.panels: there is no panel"]),
    Row("mosaic: no list", HEAD + "view: {panels: [[input, hidden], loss]}\n", RENDER,
        ["s.yaml:3:34: view.panels.1: expected a list, got 'loss'",
         "  hint: write [loss]"]),
    Row("ratios: one too few", HEAD + "view: {panels: [[input, hidden]], width_ratios: [1]}\n", RENDER,
        ["s.yaml:3:49: view.width_ratios: 1 numbers for 2",
         "  hint: give one for each column"]),
    Row("ratios: below zero", HEAD + "view: {panels: [[input, hidden]], width_ratios: [1, -1]}\n", RENDER,
        ["s.yaml:3:53: view.width_ratios.1: must be greater than 0, got -1"]),
    Row("ratios: without end", HEAD + "view: {panels: [[input], [loss]], height_ratios: [1, .inf]}\n", RENDER,
        ["s.yaml:3:54: view.height_ratios.1: must be a finite number, got inf"]),
    Row("panel: unknown", HEAD + "view: {panels: [input, hiden]}\n", RENDER,
        ["s.yaml:3:24: view.panels.1: unknown panel 'hiden'",
         "  hint: did you mean 'hidden'?"]),
    Row("panel: unknown option", HEAD + "view: {panels: [loss, {name: hidden, marker: 3}]}\n", RENDER,
        ["s.yaml:3:38: view.panels.1: unknown key 'marker'",
         "  hint: did you mean 'marker_size'?"]),
    Row("panel: no such layer", HEAD + "view: {panels: [loss, {name: hidden, layer: no_such}]}\n", RENDER,
        ["s.yaml:3:23: view.panels: 'hidden' cannot look into layer 'no_such': no layer is named 'no_such'"]),
    Row("panel: a layer by true", HEAD + "view: {panels: {name: hidden, layer: true}}\n", RENDER,
        ["s.yaml:3:38: view.panels.layer: expected the index or the name of a layer"]),
    Row("panel: a turn too far", HEAD + "view: {panels: {name: hidden, orbit: 1000}}\n", RENDER,
        ["s.yaml:3:38: view.panels.orbit: must be at most 720, got 1000"]),
    Row("panel: no such projection", HEAD + "view: {panels: {name: hidden, projection: tsne}}\n", RENDER,
        ["s.yaml:3:43: view.panels.projection: expected 'pca' or 'decision', got 'tsne'"]),
    Row("panel: a plane for a curve", CURVE + "view: {panels: [loss, boundary-history]}\n", RENDER,
        ["s.yaml:3:23: view.panels: 'boundary-history' draws classes over two inputs"]),
    Row("panel: too many lines", HEAD + "view: {panels: [[loss, {name: boundary-history, lines: 1000}]]}\n", RENDER,
        ["s.yaml:3:56: view.panels.0.1.lines: must be at most 100, got 1000"]),
    Row("panel: ghosts below zero", CURVE + "view: {panels: {name: fit, ghosts: -1}}\n", RENDER,
        ["s.yaml:3:36: view.panels.ghosts: must be at least 0, got -1"]),
    Row("panel: a word for a flag", CURVE + "view: {panels: [{name: fit, residual: yes}]}\n", RENDER,
        ["s.yaml:3:39: view.panels.0.residual: expected true or false, got 'yes'",
         "  hint: write true"]),
    Row("theme: a colour by name", HEAD + "view: {theme: {name: light, ink: blue}}\n", RENDER,
        ["s.yaml:3:34: view.theme.ink: expected a colour like '#2563d9', got 'blue'"]),
    Row("theme: a colour too short", HEAD + "view: {theme: {name: light, ramp: ['#00000', '#000000']}}\n", RENDER,
        ["s.yaml:3:36: view.theme.ramp.0: expected a colour like '#2563d9', got '#00000'"]),
    Row("theme: one class", HEAD + "view: {theme: {name: light, classes: ['#000000']}}\n", RENDER,
        ["s.yaml:3:38: view.theme.classes: needs at least 2, got 1"]),
    Row("theme: no colour", HEAD + "view: {theme: {name: light, inc: '#000000'}}\n", RENDER,
        ["s.yaml:3:29: view.theme: unknown key 'inc'",
         "  hint: did you mean 'ink'?"]),
    Row("theme: a font's file", HEAD + "view: {theme: {name: light, text: ../font.ttf}}\n", RENDER,
        ["s.yaml:3:35: view.theme.text: has characters that are not allowed: '../font.ttf'"]),
    Row("theme: a font with an escape", HEAD + "view: {theme: {name: light, text: \"a\\u001b[31m\"}}\n", RENDER,
        ["s.yaml:3:35: view.theme.text: has characters that are not allowed: 'a\\x1b[31m'"]),
    Row("hold: below zero", HEAD + "view: {hold: -1}\n", RENDER,
        ["s.yaml:3:14: view.hold: must be at least 0, got -1"]),
    Row("hold: an hour", HEAD + "view: {hold: [0, 3600]}\n", RENDER,
        ["s.yaml:3:18: view.hold.1: must be at most 60, got 3600"]),
    Row("hold: true", HEAD + "view: {hold: true}\n", RENDER,
        ["s.yaml:3:14: view.hold: expected a number, got true"]),
    Row("loop", HEAD + "view: {loop: bounse}\n", RENDER,
        ["s.yaml:3:14: view.loop: expected 'none' or 'bounce', got 'bounse'"]),
    Row("spacing", HEAD + "spacing: logarithmic\n", RENDER,
        ["s.yaml:3:10: spacing: expected 'linear', 'log' or 'change', got 'logarithmic'"]),
    Row("spacing in the view", HEAD + "view: {spacing: log}\n", RENDER,
        ["s.yaml:3:8: view: unknown key 'spacing'",
         "  hint: 'spacing' belongs at the top of the spec"]),
    Row("events", HEAD + "view: {events: maybe}\n", RENDER,
        ["s.yaml:3:16: view.events: expected true or false, got 'maybe'"]),
    Row("caption: an escape", HEAD + "captions: [{epoch: 1, text: \"a\\u001b[2J\"}]\n", RENDER,
        ["s.yaml:3:29: captions.0.text: has characters that are not allowed: 'a\\x1b[2J'"]),
    Row("caption: long", HEAD + "captions: [{epoch: 1, text: " + "x" * 10_000 + "}]\n", RENDER,
        ["s.yaml:3:29: captions.0.text: longer than 200 characters"]),
    Row("caption: no words", HEAD + "captions: [{epoch: 1, text: ''}]\n", RENDER,
        ["s.yaml:3:29: captions.0.text: must not be empty"]),
    Row("caption: no epoch", HEAD + "captions: [{text: a}]\n", RENDER,
        ["s.yaml:3:12: captions.0.epoch: missing"]),
    Row("caption: before the start", HEAD + "captions: [{epoch: -1, text: a}]\n", RENDER,
        ["s.yaml:3:20: captions.0.epoch: must be at least 0, got -1"]),
    Row("caption: never", HEAD + "captions: [{epoch: .inf, text: a}]\n", RENDER,
        ["s.yaml:3:20: captions.0.epoch: must be a finite number, got inf"]),
    Row("caption: only words", HEAD + "captions: [hello]\n", RENDER,
        ["s.yaml:3:12: captions.0: expected a mapping (key: value), got 'hello'"]),
    Row("arms: 1", "dataset: {name: spiral, arms: 1}\nmodel: {layers: [2, 1]}\n", RENDER,
        ["s.yaml:1:31: dataset.arms: must be at least 2, got 1"]),
    Row("arms: 9", "dataset: {name: spiral, arms: 9}\nmodel: {layers: [2, 9]}\n", RENDER,
        ["s.yaml:1:31: dataset.arms: must be at most 8, got 9"]),
    Row("blobs and outputs", "dataset: {name: gaussians, blobs: 4}\nmodel: {layers: [2, 1]}\n", RENDER,
        ["s.yaml:2:21: model.layers: the last layer has 1 unit, but dataset 'gaussians' has 4 outputs",
         "  hint: end the list with 4"]),
    Row("turns", "dataset: {name: spiral, turns: 5}\nmodel: {layers: [2, 1]}\n", RENDER,
        ["s.yaml:1:32: dataset.turns: must be at most 4, got 5"]),
    Row("gap", "dataset: {name: xor, gap: 1}\nmodel: {layers: [2, 1]}\n", RENDER,
        ["s.yaml:1:27: dataset.gap: must be less than 1, got 1"]),
    Row("a domain beyond float32", "dataset: {name: sine, domain: [0, 1e300]}\nmodel: {layers: [2, 1]}\n", RENDER,
        ["s.yaml:1:31: dataset.domain: the numbers must be within ±1e+09, and apart by 0.0001 of the greater"]),
    Row("a domain of a point", "dataset: {name: sine, domain: [1, 1.0000001]}\nmodel: {layers: [2, 1]}\n", RENDER,
        ["s.yaml:1:31: dataset.domain: the numbers must be within ±1e+09, and apart by 0.0001 of the greater"]),
    Row("17 true for a number", HEAD + "training: {learning_rate: true}\n", RENDER,
        ["s.yaml:3:27: training.learning_rate: expected a number, got true"]),
    Row("validation: all", HEAD + "training: {validation_split: 1}\n", RENDER,
        ["s.yaml:3:30: training.validation_split: must be at most 0.9, got 1"]),
    Row("validation: none left", "dataset: {name: rings, points: 1}\nmodel: {layers: [2, 1]}\ntraining: {validation_split: 0.9}\n", RENDER,
        ["s.yaml:3:30: training.validation_split: of 2 samples none is left to learn from",
         "  hint: hold out fewer, or use more points"]),
    Row("validation: a large batch", "dataset: {name: rings, points: 20}\nmodel: {layers: [2, 1]}\ntraining: {validation_split: 0.5, batch_size: 30}\n", RENDER,
        ["s.yaml:3:47: training.batch_size: a batch of 30, but there are 20 samples to learn from: 20 are held out",
         "  hint: use at most 20"]),
    Row("an activation that orders nothing", "dataset: {name: gaussians, blobs: 3}\nmodel: {layers: [2, {units: 3, activation: relu}]}\n", RENDER,
        ["s.yaml:2:21: model.layers: 'relu' does not keep the order of the classes",
         "  hint: use 'softmax'"]),
    Row("a negative zero is 0", "dataset: {name: rings, noise: -0.0}\nmodel: {layers: [3, 2, 1]}\n", VALIDATE,
        []),
    Row("coefficients that overflow", "dataset: {name: polynomial, coefficients: [1e308, 0]}\nmodel: {layers: [4, 1]}\n", RENDER,
        ["s.yaml:1:43: dataset.coefficients: y leaves the range of float32, ±3.4e+38, in the domain"]),
    Row("coefficients that overflow far out", "dataset: {name: polynomial, coefficients: [1e30, 0], domain: [0, 1e9]}\nmodel: {layers: [4, 1]}\n", RENDER,
        ["s.yaml:1:43: dataset.coefficients: y leaves the range of float32, ±3.4e+38, in the domain"]),
    Row("coefficients that just do not overflow", "dataset: {name: polynomial, coefficients: [1e38, 0]}\nmodel: {layers: [4, 1]}\n", VALIDATE,
        []),
    Row("a radius beyond float32", "dataset: {name: rings, radii: [1e39, 1]}\nmodel: {layers: [3, 2, 1]}\n", RENDER,
        ["s.yaml:1:32: dataset.radii.0: must be at most 1e+30, got 1e+39"]),
    Row("the spec in the captions' place", None, ("render", "s.vtt", "-o", "s.mp4"),
        ["'s.vtt', beside 's.mp4', is the spec itself"]),
    Row("the spec in the sidecar's place", None, ("render", "a.mp4.json", "-o", "a.mp4"),
        ["'a.mp4.json', beside 'a.mp4', is the spec itself"]),
    Row("one track of two films", None, ("render", "one.yaml", "two.yaml"),
        ["one.yaml and two.yaml both write 'a.vtt', the captions of a film",
         "  hint: give the films names of their own"]),
    Row("a name too long", HEAD + f"outputs: [{'x' * 300}.mp4]\n", RENDER,
        [f"s.yaml:3:11: {'x' * 299}… cannot be written: File name too long",
         "  hint: choose another name"]),
    Row("a folder's name too long", HEAD + f"outputs: [{'d' * 256}/a.mp4]\n", RENDER,
        [f"s.yaml:3:11: {'d' * 256}/a.mp4 cannot be written: File name too long",
         "  hint: choose another name"]),
    Row("a path too long", HEAD, (*RENDER, "-o", "x" * 5000 + ".mp4"),
        ["--output: a path has from 1 to 1000 characters"]),
    Row("no path", HEAD, (*RENDER, "-o", ""),
        ["--output: a path has from 1 to 1000 characters"]),
    Row("a spec's name too long", None, ("render", "x" * 300),
        [f"{'x' * 300}: file name too long"]),
    Row("a still of a name too long", HEAD, ("still", "s.yaml", "-o", "x" * 300 + ".png"),
        [f"--set:1:19: {'x' * 299}… cannot be written: File name too long",
         "  hint: choose another name"]),
    Row("55 no encoder", HEAD, RENDER,
        ["this ffmpeg has no encoder 'libx264' for outputs/s.mp4",
         "  hint: run `nnviz doctor`"], {"IMAGEIO_FFMPEG_EXE": "./poor-ffmpeg"}),
]

# fmt: on


def told(stderr):
    """Messages and hints, without usage, quoted lines and what is known."""
    lines = [line for line in stderr.splitlines() if line.strip() and " | " not in line]
    lines = [line for line in lines if not line.startswith(("Usage", "Try"))]
    return [line.split("; known:")[0].split(": known:")[0] for line in lines]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What nnviz does with each row, by its name."""
    here = tmp_path_factory.mktemp("catalogue")
    for name in ("ring.yaml", "s2.yaml", "s.mp4", "s.vtt", "a.mp4.json"):
        (here / name).write_text(HEAD)
    for name, film in (("one.yaml", "a.mp4"), ("two.yaml", "a.webm")):
        (here / name).write_text(f"{HEAD}outputs: [{film}]\n")
    poor = here / "poor-ffmpeg"
    poor.write_text("#!/bin/sh\necho 'ffmpeg version 0'\necho ' V..... gif  GIF'\n")
    poor.chmod(0o755)
    for name in ("folder", "folder.mp4"):
        (here / name).mkdir()
    (here / "s.yaml").write_text(HEAD)
    rows = [(row.text, row.words, row.env) for row in CATALOGUE]
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        cwd=here,
        check=True,
    )
    return dict(zip([row.name for row in CATALOGUE], json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_a_bad_input_is_told_in_exact_words_and_leaves_no_trace(row, answers):
    status, out, err, wrote, heavy = answers[row.name]
    count = sum(not line.startswith("  hint") for line in row.said)
    wanted = row.said
    if count and not row.said[0].startswith("Error"):  # a wrong command is Typer's to tell
        wanted = [*wanted, f"{count} problem{'s' * (count > 1)}; nothing was written."]
    assert told(err) == wanted
    assert status == (2 if row.said else 0)
    assert out == ("" if row.said else "s.yaml: good\n")
    assert not wrote
    assert heavy == []
