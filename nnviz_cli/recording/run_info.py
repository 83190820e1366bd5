"""What is known of a run in words: the text beside the arrays of a recording."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from nnviz_cli.number import grouped
from nnviz_cli.recording.shape import Shape, layer_info

# what each field must be, for files from others
_LISTS = {"units": int, "names": str, "classes": str, "axes": str, "per_class": int}


@dataclass(frozen=True, kw_only=True)
class Facts(Shape):
    """What is known of a run before it starts; what the picture says in words."""

    title: str  # shown above the picture
    classes: tuple[str, ...]  # name of each label; none for a regression
    axes: tuple[str, ...] = ()  # names of the inputs, if they have any
    dataset: str = ""  # the dataset's name
    optimizer: str  # with its learning rate, as 'SGD 0.001'
    loss: str  # its name, as 'mean_squared_error'
    samples: int  # on which the network is trained
    per_class: tuple[int, ...] = ()  # of the samples, for each class; none for a regression
    steps_per_epoch: int  # optimizer steps
    threshold: float | None = None  # the weighted input of the output at which the class changes;
    # null: there is not one, and the class changes where the output is `cut`
    cut: float | None = None  # the value of the output at which the class changes
    diverged: float | None = None  # the epoch at which the loss became NaN or infinite
    forward_error: float | None = None  # by how much NumPy's forward pass differs from Keras's, if
    # that is too much
    files: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of the files that were read
    versions: Mapping[str, str] = field(default_factory=dict)  # of what the numbers depend on

    @property
    def points(self) -> str:
        """The training points in words: '4000 points', '2 × 1000 points', '500 + 50 points'."""
        counts = [grouped(str(count)) for count in self.per_class or (self.samples,)]
        several = len(counts) > 1
        if several and len(set(counts)) == 1:
            return f"{len(counts)} × {counts[0]} points"
        return f"{' + '.join(counts)} point{'s' * (several or self.samples != 1)}"

    def divides(self, layer: int) -> bool:
        """Whether the boundary is flat in a layer: the output reads it directly."""
        known = self.task == "multiclass" or self.threshold is not None
        return known and layer == len(self.units) - 2

    def as_plain(self) -> dict[str, Any]:
        """The fields as plain values; `from_plain` is the inverse."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Read what `as_plain` gives. Raises ValueError, which names what is missing or wrong."""
        known = {each.name for each in fields(cls)}
        if unknown := sorted(plain.keys() - known):
            raise ValueError(f"unknown '{unknown[0]}'")
        for name, kind in _LISTS.items():
            values = plain.get(name, [])
            if not isinstance(values, list) or any(type(each) is not kind for each in values):
                raise ValueError(f"'{name}' must be a list of {kind.__name__}")
            plain[name] = tuple(values)
        try:
            plain["layers"] = tuple(layer_info(each) for each in plain["layers"])
            facts = cls(**plain)
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from error
        facts._check()
        return facts

    def _check(self) -> None:
        """Raise ValueError where the fields do not fit together."""
        layers = len(self.units) - 1
        widths = tuple(layer.units for layer in self.layers)
        texts = (self.title, self.dataset, self.optimizer, self.loss)
        numbers = (self.threshold, self.cut, self.diverged, self.forward_error)
        checks = {
            "'units' must be the widths of at least two layers": layers >= 1 <= min(self.units),
            "'names' must have an entry per layer": len(self.names) == layers,
            "'layers' and 'units' must have the same widths": widths == self.units[1:],
            f"unknown task '{self.task}'": self.task in ("regression", "binary", "multiclass"),
            "'classes' must be given, except for a regression": (
                (self.task == "regression") != bool(self.classes)
            ),
            f"'probe' must be from 1 to {layers}": self.probe in range(1, layers + 1),
            "'steps_per_epoch' and 'samples' must be at least 1": all(
                type(each) is int and each >= 1 for each in (self.steps_per_epoch, self.samples)
            ),
            "'title', 'dataset', 'optimizer' and 'loss' must be text": all(
                isinstance(each, str) for each in texts
            ),
            "'threshold', 'cut', 'diverged' and 'forward_error' must be numbers": all(
                isinstance(each, int | float | None) for each in numbers
            ),
        }
        for message, holds in checks.items():
            if not holds:
                raise ValueError(message)
