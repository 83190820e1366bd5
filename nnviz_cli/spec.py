"""A validated, frozen Spec from a document, and its JSON Schema.

Every key is checked, and everything is checked at once. A spec that has passed has all its
defaults filled in and needs no second look.
"""

import copy
import itertools
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails

from nnviz_cli import limit
from nnviz_cli.complaint import as_written, complaints
from nnviz_cli.dataset import CLASSES, DATASETS, Kind, kind
from nnviz_cli.errors import Problem, SpecError, did_you_mean
from nnviz_cli.layout import areas, default_panels, reach
from nnviz_cli.limit import AtMost, frame_bytes, is_lifted
from nnviz_cli.panel import PANELS
from nnviz_cli.reader import Document
from nnviz_cli.shape import Needs, Shape, is_recording
from nnviz_cli.timing import order
from nnviz_cli.variant import Family, Strict, Variant, named, refusal

BY_CONTEXT: Any = None  # a default that depends on the rest of the spec; see `_complete`
LARGEST_SEED = 2**32 - 1
SMALLEST_SIDE, LARGEST_SIDE = 32, 16384  # pixels; what encoders can hold
TELLING = "telling"  # the frame that shows what the training came to
MOST_TILES = 20  # frames beside each other on a sheet
AnyModel = TypeVar("AnyModel", bound=BaseModel)


def _size(value: Any, info: ValidationInfo) -> Any:
    """'1280x720' to (1280, 720)."""
    match = (
        re.fullmatch(r"\s*(\d{1,9})\s*[x×]\s*(\d{1,9})\s*", value)
        if isinstance(value, str)
        else None
    )
    if not match:
        if isinstance(value, list | tuple) and len(value) == 2:
            return _size("x".join(map(str, value)), info)
        raise refusal(f"expected a size like 1280x720, got {value!r}")
    width, height = int(match[1]), int(match[2])
    large = is_lifted(info)
    most = LARGEST_SIDE if large else limit.SIDE
    if not all(SMALLEST_SIDE <= side <= most for side in (width, height)):
        text = f"each side must be from {SMALLEST_SIDE} to {most} pixels, got {value}"
        raise refusal(text, "" if large or max(width, height) <= most else limit.LIFT)
    if width % 2 or height % 2:
        down, up = (f"{width - o * (width % 2)}x{height - o * (height % 2)}" for o in (1, -1))
        raise refusal(f"both sides must be even, got {value}", f"use {down} or {up}")
    return width, height


def _rows(value: Any) -> Any:
    """One panel, or one row of panels, to a list of rows."""
    if isinstance(value, list) and any(isinstance(row, list) for row in value):
        return value
    return [value] if isinstance(value, list) else [[value]]


def _hold(value: Any) -> Any:
    return (0.0, value) if isinstance(value, int | float) else value


def _one_line(value: str) -> str:
    """Breaks and tabs are spaces: words stand on one line of a picture, a chapter, a page."""
    return " ".join(value.split())


def _frame(value: Any) -> int | str:
    if value != TELLING and (isinstance(value, bool) or not isinstance(value, int)):
        raise refusal(f"expected the index of a frame, or '{TELLING}', got {value!r}")
    return value if isinstance(value, int) else TELLING


def _grid(value: Any) -> tuple[int, int]:
    """'4x3' to (4, 3)."""
    match = re.fullmatch(r"\s*(\d{1,3})\s*[x×]\s*(\d{1,3})\s*", str(value))
    if not match or not all(1 <= int(count) <= MOST_TILES for count in match.groups()):
        raise refusal(f"expected columns and rows like 4x3, 1 to {MOST_TILES}, got {value!r}")
    return int(match[1]), int(match[2])


def _bytes(value: Any) -> int:
    try:
        return limit.byte_count(str(value))
    except ValueError as error:
        raise refusal(str(error)) from None


def _probe(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise refusal("expected the index or the name of a layer")
    return value


Size = Annotated[
    tuple[int, int],
    BeforeValidator(_size),
    PlainSerializer(lambda size: f"{size[0]}x{size[1]}"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+x[0-9]+$", "examples": ["1280x720"]}),
]
Fps = Annotated[float, Field(ge=1, le=120)]
ThemeVariant = Annotated[Variant, Family("theme")]
Text = Annotated[
    str,
    Field(max_length=200, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]*$"),
    AfterValidator(_one_line),
]
Probe = Annotated[
    int | str, BeforeValidator(_probe), WithJsonSchema({"type": ["integer", "string"]})
]
Units = Annotated[int, Field(ge=1, strict=True), AtMost(limit.UNITS)]
Frame = Annotated[
    int | str,
    BeforeValidator(_frame),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"const": TELLING}]}),
]
Grid = Annotated[
    tuple[int, int],
    BeforeValidator(_grid),
    PlainSerializer(lambda grid: f"{grid[0]}x{grid[1]}"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+x[0-9]+$", "examples": ["4x3"]}),
]
Bytes = Annotated[
    int,
    BeforeValidator(_bytes),
    WithJsonSchema({"type": ["integer", "string"], "examples": ["10MB", "500kB"]}),
]
Positive = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(ge=0, le=60)]
Ratios = tuple[Annotated[float, Field(gt=0, le=100)], ...]
Flag = Annotated[bool, Field(strict=True)]

Activation = Annotated[Variant, Family("activation")]
Initializer = Annotated[Variant, Family("initializer")]
Regularizer = Annotated[Variant, Family("regularizer")]


class Layer(Strict):
    """A dense layer; `3` is short for `{units: 3}`."""

    units: Annotated[Units, Field(description="width of the layer")]
    activation: Annotated[
        Activation, Field(description="by default model.activation; the last layer's by the task")
    ] = BY_CONTEXT
    use_bias: Annotated[Flag, Field(description="whether the layer adds a bias")] = True
    kernel_initializer: Annotated[Initializer, Field(description="of the weights")] = Field(
        default="glorot_uniform", validate_default=True
    )
    kernel_regularizer: Annotated[
        Regularizer | None, Field(description="penalty on the weights, like {l2: 1e-3}")
    ] = None
    name: Annotated[
        str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40, description="to probe it by")
    ] = BY_CONTEXT


def _layer(value: Any) -> Any:
    return {"units": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _output(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class Model(Strict):
    """The network: a stack of dense layers. The input width comes from the dataset."""

    layers: Annotated[
        tuple[Annotated[Layer, BeforeValidator(_layer, json_schema_input_type=Units | Layer)], ...],
        Field(min_length=1, max_length=20, description="widths, the inputs not among them"),
    ]
    activation: Annotated[Activation, Field(description="of the hidden layers")] = Field(
        default="tanh", validate_default=True
    )


class Training(Strict):
    """How the network learns; the words are Keras's."""

    optimizer: Annotated[Variant, Family("optimizer"), Field(description="with its parameters")] = (
        Field(default="sgd", validate_default=True)
    )
    learning_rate: Annotated[Positive, Field(description="by default the optimizer's own")] = (
        BY_CONTEXT
    )
    loss: Annotated[Variant, Family("loss"), Field(description="by default by the task")] = (
        BY_CONTEXT
    )
    metrics: Annotated[
        tuple[Annotated[Variant, Family("metric")], ...],
        Field(max_length=8, description="measured on the training points, beside the loss"),
    ] = BY_CONTEXT
    batch_size: Annotated[int, Field(ge=1, strict=True, description="samples a step")] = 32
    epochs_per_frame: Annotated[
        float,
        Field(gt=0, le=10_000, description="0.25 makes four frames an epoch, cut at real steps"),
    ] = 1.0
    validation_split: Annotated[
        float,
        Field(ge=0, le=0.9, description="share of the samples held out, chosen at random"),
    ] = 0.0
    shuffle: Annotated[Flag, Field(description="a new order of the samples each epoch")] = True
    on_divergence: Annotated[
        Literal["stop", "fail"],
        Field(description="a loss that is no number ends the film (stop) or makes no film (fail)"),
    ] = "stop"


class View(Strict):
    """What the film shows and how it looks; changing it never changes the training."""

    panels: Annotated[
        tuple[tuple[Annotated[Variant, Family("panel")], ...], ...],
        BeforeValidator(_rows),
        Field(min_length=1, description="a mosaic: rows of panels; equal cells are one panel"),
    ] = BY_CONTEXT
    width_ratios: Annotated[Ratios, Field(description="of the mosaic's columns")] = ()
    height_ratios: Annotated[Ratios, Field(description="of the mosaic's rows")] = ()
    theme: Annotated[
        ThemeVariant, Field(description="colours and type; any of them may be changed")
    ] = Field(default="light", validate_default=True)
    size: Annotated[Size, Field(description="in pixels")] = (1280, 720)
    fps: Annotated[Fps, Field(description="frames a second")] = 20
    hold: Annotated[
        tuple[Seconds, Seconds],
        BeforeValidator(_hold, json_schema_input_type=Seconds | tuple[Seconds, Seconds]),
        Field(
            description="seconds that the first and the last frame stay; one number is the last's"
        ),
    ] = (0.0, 0.0)
    events: Annotated[
        Flag, Field(description="tell what happens: classes become separable, a plateau, …")
    ] = True
    loop: Annotated[
        Literal["none", "bounce"], Field(description="bounce goes back to the start")
    ] = "none"


class Remark(Strict):
    """Words of the user's own, shown from an epoch on."""

    epoch: Annotated[float, Field(ge=0, description="from when on")]
    text: Annotated[Text, Field(min_length=1, description="what is said")]


class Output(Strict):
    """A file to write; `a.gif` is short for `{path: a.gif}`."""

    path: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1000,
            description="the suffix says the format, and .h5 keeps the numbers; "
            "{name} is the spec's own name",
        ),
    ]
    theme: Annotated[ThemeVariant | None, Field(description="by default the view's")] = None
    size: Annotated[
        Size | None,
        Field(description="by default the view's; of a sheet's frames half"),
    ] = None
    frame: Annotated[
        Frame,
        Field(description="which frame a .png shows: an index, -1 is the last, or `telling`"),
    ] = -1
    sheet: Annotated[
        Grid | None, Field(description="a .png with so many columns and rows of frames, like 4x3")
    ] = None
    max_size: Annotated[
        Bytes | None,
        Field(description="bytes of a .gif, .webp or .apng: it gets less until it fits"),
    ] = None


class Spec(Strict):
    """One experiment and its film."""

    title: Annotated[Text, Field(description="shown above the picture")] = BY_CONTEXT
    description: Annotated[
        str, Field(max_length=2000, description="for those who cannot see the film")
    ] = ""
    seed: Annotated[
        int, Field(ge=0, le=LARGEST_SEED, strict=True, description="of everything random")
    ] = 0
    dataset: Annotated[Variant, Family("dataset"), Field(description="what is learnt")]
    model: Annotated[Model, Field(description="the network")]
    training: Annotated[Training, Field(description="how it learns")] = Training()
    probe: Annotated[
        Probe,
        Field(description="the layer to look into; by default the last hidden one, or the output"),
    ] = BY_CONTEXT
    frames: Annotated[
        int,
        Field(ge=1, strict=True, description="frame 0 is the untrained network"),
        AtMost(limit.FRAMES),
    ] = 100
    spacing: Annotated[
        Literal["linear", "log", "change"],
        Field(
            description="where in the training frames are taken: evenly, denser at the start, "
            "or denser where the answers change; the last is taken at the same step"
        ),
    ] = "linear"
    view: Annotated[View, Field(description="how the film looks")] = View()
    captions: Annotated[
        tuple[Remark, ...], Field(max_length=100, description="beside what nnviz tells by itself")
    ] = ()
    outputs: Annotated[
        tuple[
            Annotated[Output, BeforeValidator(_output, json_schema_input_type=str | Output)], ...
        ],
        Field(min_length=1, max_length=20, description="files to write"),
    ] = (Output(path="outputs/{name}.mp4"),)

    @property
    def kind(self) -> Kind:
        """Task, inputs and outputs; two classes may be told by two outputs, if the model has so."""
        found = kind(self.dataset.name, self.dataset.options)
        if found.task == "binary" and self.model.layers[-1].units == 2:
            return Kind("multiclass", found.inputs, 2)
        return found

    @property
    def units(self) -> tuple[int, ...]:
        """Width of each layer, the inputs first."""
        return (self.kind.inputs, *(layer.units for layer in self.model.layers))

    @property
    def probe_index(self) -> int:
        """Which layer is probed, from 0."""
        if isinstance(self.probe, str):
            return [layer.name for layer in self.model.layers].index(self.probe)
        return self.probe % len(self.model.layers)

    def order(self, frames: int) -> list[int]:
        """The frames of the film, when so many were recorded."""
        return order(frames, self.fps, self.view.hold, self.view.loop)

    @property
    def rows(self) -> tuple[tuple[tuple[str, dict[str, Any]], ...], ...]:
        """The mosaic as names and options of panels."""
        return tuple(
            tuple((panel.name, panel.options) for panel in row) for row in self.view.panels
        )

    @property
    def shape(self) -> Shape:
        """What panels ask before they draw; the layers must have their names."""
        names = tuple(layer.name for layer in self.model.layers)
        return Shape(task=self.kind.task, units=self.units, names=names, probe=self.probe_index + 1)

    @property
    def needs(self) -> Needs:
        """What the panels want to be recorded; a recording that is kept holds all layers."""
        needs = Needs(frozenset({self.probe_index + 1}))
        for size in {self.view.size, *(output.size or self.view.size for output in self.outputs)}:
            ratios = (self.view.width_ratios, self.view.height_ratios)
            wide = [name for name, panel in PANELS.items() if panel.surface]
            needs |= Needs(reach=reach(self.rows, ratios, size, wide))
        if any(is_recording(output.path) for output in self.outputs):
            needs |= Needs(frozenset(range(1, len(self.units))), weights=True)
        for panel in itertools.chain(*self.view.panels):
            if not PANELS[panel.name].misfit(self.shape, **panel.options):
                needs |= PANELS[panel.name].needs(self.shape, **panel.options)
        return needs

    @property
    def fps(self) -> Fraction:
        """Frames a second, exactly as written."""
        return Fraction(str(self.view.fps))

    def dump(self) -> dict[str, Any]:
        """Plain values, short where they can be; valid as a spec again."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        return plain


def load(document: Document, *, outputs: Sequence[str] = (), large: bool = False) -> Spec:
    """A document to a spec, or a SpecError with everything that is wrong with it.

    `outputs` take the place of the spec's own, and `large` lifts the limits of size.
    """
    try:
        spec = Spec.model_validate(document.value, context={"large": large})
    except ValidationError as error:
        wrong = error.errors()
        raise SpecError([*complaints(document, wrong), *_more(document, wrong, large)]) from None
    if outputs:
        try:
            given = tuple(Output(path=output) for output in outputs)
        except ValidationError as error:
            raise SpecError("--output: a path has from 1 to 1000 characters") from error
        spec = spec.model_copy(update={"outputs": given})
    spec, problems = _fit(spec, document, large=large)
    if problems:
        raise SpecError(problems)
    return spec


def _fit(spec: Spec, document: Document, *, large: bool) -> tuple[Spec, list[Problem]]:
    """The spec with all its defaults, and what in it does not fit together."""
    problems = [*_layer_problems(spec, document), *_training_problems(spec, document)]
    if astray := list(_probe_problems(spec, document)):
        return spec, problems + astray  # what is drawn depends on what is probed
    spec = _complete(spec)
    points = DATASETS[spec.dataset.name](np.random.default_rng(0), **spec.dataset.options)
    problems += _amount_problems(spec, len(points.x), document, large=large)
    if astray := list(_panel_problems(spec, document)):
        return spec, problems + astray  # what is recorded depends on what is drawn
    if not large:
        problems += _room_problems(spec, len(points.watched_x), document)
    return spec, problems


def _more(document: Document, wrong: Sequence[ErrorDetails], large: bool) -> list[Problem]:
    """What does not fit together, if the spec is one without the values that are wrong."""
    value = copy.deepcopy(document.value)
    for item in wrong:
        *inside, last = item["loc"]
        holder: Any = value
        for key in inside:
            holder = holder[key] if _has(holder, key) else None
        if isinstance(holder, dict):
            holder.pop(last, None)
    try:
        spec = Spec.model_validate(value, context={"large": large})
    except ValidationError:
        return []
    if any(item["loc"][0] == "dataset" and item["loc"][-1] in CLASSES for item in wrong):
        return list(_training_problems(spec, document))
    if {item["loc"][0] for item in wrong} & {"dataset", "model", "probe"}:
        return [*_layer_problems(spec, document), *_training_problems(spec, document)]
    return _fit(spec, document, large=large)[1]


def _has(holder: Any, key: str | int) -> bool:
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and isinstance(key, int) and key < len(holder)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a spec, for editors."""
    schema = Spec.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without_null_defaults(schema),
    }


# what fits together ---------------------------------------------------------------------


def _complete(spec: Spec) -> Spec:
    """Fill in the defaults that depend on the rest of the spec."""
    *hidden, last = spec.model.layers
    task = spec.kind.task
    regression = task == "regression"
    answer = named("activation", _ANSWERS[task])
    layers = [
        _filled(layer, activation=spec.model.activation, name=f"hidden_{i}")
        for i, layer in enumerate(hidden, 1)
    ] + [_filled(last, activation=answer, name="output")]
    accuracy = () if regression else (named("metric", "accuracy"),)
    optimizer = spec.training.optimizer
    training = _filled(
        spec.training,
        loss=named("loss", _LOSSES[task]),
        metrics=accuracy,
        learning_rate=optimizer.options["learning_rate"],
    )
    # the rate is told once, in training
    optimizer = optimizer.model_copy(update={"learning_rate": None})
    spec = spec.model_copy(
        update={
            "model": spec.model.model_copy(update={"layers": tuple(layers)}),
            "training": training.model_copy(update={"optimizer": optimizer}),
        }
    )
    units = "-".join(map(str, spec.units))
    spec = _filled(
        spec,
        title=f"{spec.dataset.name.capitalize()}, {units}",
        probe=-1 if regression or not hidden else -2,
    )
    rows = default_panels(spec.kind.inputs, spec.kind.task, spec.view.size)
    panels = tuple(tuple(named("panel", name) for name in row) for row in rows)
    return spec.model_copy(update={"view": _filled(spec.view, panels=panels)})


def _filled(model: AnyModel, **defaults: Any) -> AnyModel:
    """A copy with those defaults that were not given."""
    missing = {key: value for key, value in defaults.items() if getattr(model, key) is None}
    return model.model_copy(update=missing)


# by task: what the last layer answers with, and the loss
_ANSWERS = {"regression": "linear", "binary": "sigmoid", "multiclass": "softmax"}
_LOSSES = {
    "regression": "mean_squared_error",
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
}
# activations that keep the order of the classes: the greatest logit has the greatest answer
_ORDERLY = {
    *("softmax", "log_softmax", "linear", "sigmoid", "log_sigmoid", "tanh", "softplus"),
    *("softsign", "exponential", "leaky_relu", "elu", "selu", "sparsemax"),
}
# by task: losses that Keras would take and that mean nothing there
_MISFITS = {
    "regression": {"binary_crossentropy", "binary_focal_crossentropy", "hinge", "squared_hinge"},
    "binary": {"mean_absolute_percentage_error"},
    "multiclass": {"mean_absolute_percentage_error"},
}
_ONE_OUTPUT_MISFITS = {
    *("categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge"),
    *("sparse_categorical_crossentropy", "kl_divergence", "cosine_similarity"),
}


def _layer_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    layers = spec.model.layers
    outputs = spec.kind.outputs
    if layers[-1].units != outputs:
        yield Problem(
            f"model.layers: the last layer has {_units(layers[-1].units)}, but dataset "
            f"'{spec.dataset.name}' has {outputs} output{'s' * (outputs > 1)}",
            document.place(("model", "layers", len(layers) - 1)),
            f"end the list with {outputs}",
        )
    last = layers[-1].activation
    if spec.kind.task == "multiclass" and last is not None and last.name not in _ORDERLY:
        text = f"model.layers: '{last.name}' does not keep the order of the classes"
        yield Problem(text, document.place(("model", "layers", len(layers) - 1)), "use 'softmax'")
    names = [layer.name for layer in layers]
    for i, name in enumerate(names):
        if name and name in names[:i]:
            place = document.place(("model", "layers", i, "name"))
            yield Problem(f"model.layers: two layers are named '{name}'", place)


def _units(count: int) -> str:
    return f"{count} unit{'s' * (count != 1)}"


def _probe_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    place = document.place(("probe",))
    names = [layer.name or "" for layer in spec.model.layers]
    count = len(names)
    known = [name or f"hidden_{i}" for i, name in enumerate(names[:-1], 1)]
    known.append(names[-1] or "output")
    if isinstance(spec.probe, str) and spec.probe not in known:
        hint = did_you_mean(spec.probe, known)
        text = f"probe: no layer is named '{spec.probe}'"
        yield Problem(text, place, "; ".join(filter(None, (hint, f"known: {', '.join(known)}"))))
    if isinstance(spec.probe, int) and not -count <= spec.probe < count:
        text = f"probe: there is no layer {spec.probe}; the model has {count}"
        yield Problem(text, place, f"use an index from {-count} to {count - 1}")


def _training_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    training = spec.training
    in_optimizer = "learning_rate" in training.optimizer.model_fields_set
    if training.learning_rate is not None and in_optimizer:
        place = document.place(("training", "optimizer", "learning_rate"), key=True)
        yield Problem("learning_rate is given in training and in its optimizer", place)
    task = spec.kind.task
    misfits = _MISFITS[task] | (_ONE_OUTPUT_MISFITS if spec.kind.outputs == 1 else set())
    if training.loss is not None and training.loss.name in misfits:
        yield Problem(
            f"training.loss: '{training.loss.name}' does not fit a {task} task "
            f"with {spec.kind.outputs} output{'s' * (spec.kind.outputs > 1)}",
            document.place(("training", "loss")),
            f"use '{'mse' if task == 'regression' else _LOSSES[task]}'",
        )


def _panel_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    for i, row in enumerate(spec.view.panels):
        for j, panel in enumerate(row):
            if reason := PANELS[panel.name].misfit(spec.shape, **panel.options):
                place = document.place(as_written(document, ("view", "panels", i, j)))
                yield Problem(f"view.panels: '{panel.name}' {reason}", place)
    try:
        if not areas(spec.rows):
            raise ValueError("there is no panel")
    except ValueError as error:
        yield Problem(f"view.panels: {error}", document.place(("view", "panels")))
    counts = {"width": len(spec.view.panels[0]), "height": len(spec.view.panels)}
    for name, count in counts.items():
        ratios = getattr(spec.view, f"{name}_ratios")
        if ratios and len(ratios) != count:
            text = f"view.{name}_ratios: {len(ratios)} numbers for {count}"
            place = document.place(("view", f"{name}_ratios"))
            each = "column" if name == "width" else "row"
            yield Problem(text, place, f"give one for each {each}")


def _amount_problems(
    spec: Spec, points: int, document: Document, *, large: bool
) -> Iterator[Problem]:
    """What depends on the number of points: the batch, and the memory that a look takes."""
    batch = spec.training.batch_size
    held_out = round(spec.training.validation_split * points)
    if held_out == points:
        text = f"training.validation_split: of {points} samples none is left to learn from"
        place = document.place(("training", "validation_split"))
        yield Problem(text, place, "hold out fewer, or use more points")
        return
    samples = points - held_out
    if batch > samples and "batch_size" in spec.training.model_fields_set:
        text = f"training.batch_size: a batch of {batch}, but there are {samples} samples"
        text += f" to learn from: {held_out} are held out" if held_out else ""
        place = document.place(("training", "batch_size"))
        yield Problem(text, place, f"use at most {samples}")
    if not large and (memory := limit.look_bytes(points, spec.units)) > limit.MEMORY:
        yield Problem(
            f"model.layers: {points} points in layers as wide as these take "
            f"{memory / 1e9:.1f} GB of memory, more than {limit.MEMORY / 1e9:g} GB",
            document.place(("model", "layers")),
            f"use fewer points or units; {limit.LIFT}",
        )


def _room_problems(spec: Spec, watched: int, document: Document) -> Iterator[Problem]:
    """The disk that a film takes while it is made."""
    needs = spec.needs
    size = spec.frames * frame_bytes(
        watched,
        spec.units,
        needs.layers,
        maps=needs.maps,
        weights=needs.weights,
        reach=needs.reach,
    )
    if size > limit.RECORDING:
        yield Problem(
            f"frames: {spec.frames} frames of {watched} points take "
            f"{size / 1e9:.1f} GB of disk while they are made, more than "
            f"{limit.RECORDING / 1e9:g} GB",
            document.place(("frames",)),
            f"use fewer frames or points; {limit.LIFT}",
        )


def _without_null_defaults(schema: Any) -> Any:
    """Drop `default: null`, which stands for a default by context and is no valid value."""
    if isinstance(schema, dict):
        return {
            key: _without_null_defaults(value)
            for key, value in schema.items()
            if not (key == "default" and value is None)
        }
    return [_without_null_defaults(item) for item in schema] if isinstance(schema, list) else schema
