"""The keys of a spec, and properties of a valid one."""

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from nnviz_cli import limits
from nnviz_cli.data.dataset import Dataset, Kind
from nnviz_cli.data.table import kind
from nnviz_cli.film.formats import SHRINKING_NAMES
from nnviz_cli.film.playback import order
from nnviz_cli.limits import AtMost
from nnviz_cli.recording.arrays import frame_bytes, recording_bytes
from nnviz_cli.recording.forward import LayerInfo
from nnviz_cli.recording.shape import Shape
from nnviz_cli.spec.choice import Choice, ChoiceOf
from nnviz_cli.spec.filename import path_schema
from nnviz_cli.spec.strict import Strict
from nnviz_cli.spec.values import (
    Activation,
    Bytes,
    Flag,
    Fps,
    Frame,
    Grid,
    Initializer,
    Positive,
    Probe,
    Ratios,
    Regularizer,
    Seconds,
    Size,
    Text,
    ThemeChoice,
    Units,
    as_hold,
    as_rows,
)

BY_CONTEXT: Any = None  # a default that depends on the rest of the spec; see `fit.complete`
LARGEST_SEED = 2**32 - 1
MOST_EPOCHS = 10**8
USUAL_FRAMES = 100
PanelChoice = Annotated[Choice, ChoiceOf("panel")]
PanelRow = tuple[PanelChoice, ...]


class Layer(Strict):
    """A dense layer; `3` is short for `{units: 3}`."""

    short = "units"
    units: Annotated[Units, Field(description="width of the layer")]
    activation: Annotated[
        Activation,
        Field(
            description="by default model.activation; that of the last layer depends on the task"
        ),
    ] = BY_CONTEXT
    use_bias: Annotated[Flag, Field(description="whether the layer has a bias")] = True
    kernel_initializer: Annotated[Initializer, Field(description="initializer of the weights")] = (
        Field(default="glorot_uniform", validate_default=True)
    )
    kernel_regularizer: Annotated[
        Regularizer | None, Field(description="penalty on the weights, like {l2: 1e-3}")
    ] = None
    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z][A-Za-z0-9_]*$",
            max_length=40,
            description="name of the layer, for probe",
        ),
    ] = BY_CONTEXT

    @property
    def info(self) -> LayerInfo:
        """What a recording knows of the layer."""
        options = self.activation.options.items()
        return LayerInfo(
            units=self.units,
            activation=self.activation.name,
            options={key: value for key, value in options if value is not None},
        )


class Model(Strict):
    """The network: a stack of dense layers. The input width comes from the dataset.

    `[3, 2, 1]` is short for `{layers: [3, 2, 1]}`.
    """

    short = "layers"
    layers: Annotated[
        tuple[Layer, ...],
        Field(min_length=1, max_length=20, description="layers after the input, first to last"),
    ]
    activation: Annotated[Activation, Field(description="activation of the hidden layers")] = Field(
        default="tanh", validate_default=True
    )


class Training(Strict):
    """How the network is trained; names are those of Keras."""

    optimizer: Annotated[
        Choice, ChoiceOf("optimizer"), Field(description="optimizer and its parameters")
    ] = Field(default="sgd", validate_default=True)
    learning_rate: Annotated[
        Positive, Field(description="step size; by default the optimizer's own")
    ] = BY_CONTEXT
    loss: Annotated[
        Choice, ChoiceOf("loss"), Field(description="loss; the default depends on the task")
    ] = BY_CONTEXT
    metrics: Annotated[
        tuple[Annotated[Choice, ChoiceOf("metric")], ...],
        Field(
            max_length=8,
            description="metrics measured on the training points, in addition to the loss",
        ),
    ] = BY_CONTEXT
    batch_size: Annotated[int, Field(ge=1, strict=True, description="samples per step")] = 32
    epochs: Annotated[
        int,
        Field(
            ge=1,
            le=MOST_EPOCHS,
            strict=True,
            description="epochs of the whole training; the last frame is recorded at its end",
        ),
    ] = BY_CONTEXT
    epochs_per_frame: Annotated[
        float,
        Field(
            gt=0,
            le=10_000,
            description="instead of epochs: epochs from one frame to the next, by default 1; "
            "0.25 gives four frames per epoch; rounded to whole steps",
        ),
    ] = BY_CONTEXT
    validation_split: Annotated[
        float,
        Field(
            ge=0,
            le=0.9,
            description="fraction of the samples of each class held out for validation, at random",
        ),
    ] = 0.0
    shuffle: Annotated[
        Flag, Field(description="whether the samples are shuffled before each epoch")
    ] = True
    on_divergence: Annotated[
        Literal["stop", "fail"],
        Field(
            description="what to do when the loss becomes NaN or infinite: end the film, or fail"
        ),
    ] = "stop"


class View(Strict):
    """Layout and style of the film; changing them never changes the training."""

    panels: Annotated[
        tuple[PanelRow, ...],
        Field(min_length=1),
        BeforeValidator(
            as_rows,
            json_schema_input_type=PanelChoice | tuple[PanelChoice | tuple[PanelChoice, ...], ...],
        ),
        Field(description="mosaic of panels, as rows; equal adjacent cells are one panel"),
    ] = BY_CONTEXT
    width_ratios: Annotated[Ratios, Field(description="relative widths of the columns")] = ()
    height_ratios: Annotated[Ratios, Field(description="relative heights of the rows")] = ()
    theme: Annotated[
        ThemeChoice,
        Field(description="colours and fonts: a name, or a mapping that changes some of them"),
    ] = Field(default="light", validate_default=True)
    size: Annotated[Size, Field(description="width and height in pixels")] = (1280, 720)
    fps: Annotated[Fps, Field(description="frames per second")] = 20
    hold: Annotated[
        tuple[Seconds, Seconds],
        BeforeValidator(as_hold, json_schema_input_type=Seconds | tuple[Seconds, Seconds]),
        Field(
            description="seconds for which the first and the last frame are held; "
            "a single number is for the last"
        ),
    ] = (0.0, 0.0)
    events: Annotated[
        Flag,
        Field(description="whether events are captioned: classes become separable, a plateau, …"),
    ] = True
    loop: Annotated[
        Literal["none", "bounce"],
        Field(description="bounce plays the film forwards, then backwards"),
    ] = "none"


class Remark(Strict):
    """A caption, shown from an epoch on."""

    epoch: Annotated[float, Field(ge=0, description="epoch from which the caption is shown")]
    text: Annotated[Text, Field(min_length=1, description="text of the caption")]


class Output(Strict):
    """A file to write; `a.gif` is short for `{path: a.gif}`."""

    short = "path"
    path: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1000,
            json_schema_extra=path_schema(),
            description="file; the suffix selects the format, .h5 is a recording; {name} is "
            "replaced by the file name of the spec, {seed}, {frames} and {size} by their values",
        ),
    ]
    theme: Annotated[
        ThemeChoice | None, Field(description="theme of this file; by default view.theme")
    ] = None
    size: Annotated[
        Size | None,
        Field(description="size of this file; by default view.size, or half of it in a sheet"),
    ] = None
    frame: Annotated[
        Frame,
        Field(
            description="which frame a .png shows: an index, `first`, `last`, or `key`, "
            "the frame that shows the result of the training"
        ),
    ] = -1
    sheet: Annotated[
        Grid | None, Field(description="columns and rows of a contact sheet (.png), like 4x3")
    ] = None
    max_size: Annotated[
        Bytes | None,
        Field(description=f"maximum size of the file, for {SHRINKING_NAMES}"),
    ] = None
    compact: Annotated[
        Flag,
        Field(
            description="for .h5: leave out what follows from the weights, and compress the rest"
        ),
    ] = False


class Spec(Strict):
    """One experiment and its film."""

    title: Annotated[Text, Field(description="title above the panels")] = BY_CONTEXT
    description: Annotated[
        str, Field(max_length=2000, description="alt text, stored in the metadata")
    ] = ""
    seed: Annotated[
        int, Field(ge=0, le=LARGEST_SEED, strict=True, description="seed of all random numbers")
    ] = 0
    dataset: Annotated[
        Choice, ChoiceOf("dataset"), Field(description="dataset that the network learns")
    ]
    model: Annotated[Model, Field(description="the network")]
    training: Annotated[Training, Field(description="how the network is trained")] = Training()
    probe: Annotated[
        Probe,
        Field(
            description="layer that the film shows, by index or name; by default the last hidden "
            "layer, or the output layer"
        ),
    ] = BY_CONTEXT
    frames: Annotated[
        int,
        Field(
            ge=1,
            strict=True,
            description="number of frames; the first shows the untrained network; by default 100, "
            "or one per epoch if training.epochs is less",
        ),
        AtMost(limits.FRAMES),
    ] = BY_CONTEXT
    spacing: Annotated[
        Literal["linear", "log", "change"],
        Field(
            description="how frames are spaced over the training: evenly, denser at the start, "
            "or denser where the outputs change; the last frame is always at the last step"
        ),
    ] = "linear"
    view: Annotated[View, Field(description="layout and style of the film")] = View()
    captions: Annotated[
        tuple[Remark, ...],
        Field(max_length=100, description="captions in addition to those of events"),
    ] = ()
    outputs: Annotated[
        tuple[Output, ...],
        Field(min_length=1, max_length=20, description="files to write"),
    ] = (Output(path="outputs/{name}.mp4"),)

    @property
    def kind(self) -> Kind:
        """Task, inputs and outputs; a model may have two outputs for two classes."""
        found = kind(self.dataset.name, self.dataset.options)
        if found.task == "binary" and self.model.layers[-1].units == 2:
            return replace(found, task="multiclass", outputs=2)
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
        """What panels need to know before they draw; layers must have names and activations."""
        return Shape(
            task=self.kind.task,
            units=self.units,
            names=tuple(layer.name for layer in self.model.layers),
            probe=self.probe_index + 1,
            layers=tuple(layer.info for layer in self.model.layers),
        )

    @property
    def separators(self) -> list[int]:
        """Layers, as indices into units, in which a separating line is drawn."""
        panels = itertools.chain(*self.view.panels)
        chosen = [panel.options for panel in panels if panel.options.get("separator")]
        return sorted({self.shape.layer(options["layer"]) for options in chosen})

    def room(self, points: Dataset) -> int:
        """Size of the recording in bytes."""
        metrics = (1 + len(self.training.metrics)) * (1 + (self.training.validation_split > 0))
        apart = points.watched_x is not points.x
        return recording_bytes(self.shape, self._sizes(points), metrics=metrics, apart=apart)

    def memory(self, points: Dataset) -> int:
        """Bytes of memory that a training on such points takes."""
        apart = points.watched_x is not points.x
        places = len(points.x) + (len(points.watched_x) if apart else 0)
        frame = frame_bytes(self.shape, self._sizes(points))
        return limits.training_bytes(places, self.units, frame)

    def _sizes(self, points: Dataset) -> dict[str, int]:
        """The sizes of a recording that the network does not fix."""
        return {
            "frames": self.frames,
            "points": len(points.watched_x),
            "data": len(points.x),
            "targets": points.y.shape[1],
        }

    @property
    def fps(self) -> Fraction:
        """Frames per second, exactly as in the spec."""
        return Fraction(str(self.view.fps))

    def dump(self) -> dict[str, Any]:
        """The spec as plain values, in short forms where possible; a valid spec again."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        return plain
