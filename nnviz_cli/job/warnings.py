"""What the maker of a film should know of it: warnings, beside errors."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np

from nnviz_cli import number
from nnviz_cli.draw.fonts import PLAIN_FONT, families, in_colour, is_installed
from nnviz_cli.draw.theme import Theme, contrast
from nnviz_cli.job.drawing import is_foreign
from nnviz_cli.job.experiment import Experiment
from nnviz_cli.recording.events import saturated
from nnviz_cli.spec.keys import Spec

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

LEGIBLE = 4.5  # contrast of text, WCAG AA
STILL = 1e-6  # of the loss; what changes less does not change
UNSEEN, WELL_SEEN = 5, 20  # frames before a divergence: too few, and enough


def warnings_of(experiment: Experiment, recording: "Recording") -> Iterator[str]:
    """All warnings of a film."""
    spec = experiment.spec
    words = {"the title": spec.title}
    if experiment.morph is None:
        words["a caption"] = " ".join(each.text for each in spec.captions)
        yield from warnings(recording)
        if experiment.drawn is None:
            yield from _diverged_unseen(spec, recording)
        yield from _captions_too_late(spec, recording)
    yield from _foreign_tracks(experiment)
    yield from legibility(words, {target.theme for target in experiment.targets})


def warnings(recording: "Recording") -> Iterator[str]:
    """What a film shows and its maker should be told."""
    facts, loss = recording.facts, recording.history["loss"]
    if facts.diverged is not None:
        epoch = number.epoch(facts.diverged)
        yield f"the training diverged at epoch {epoch}, and the film ends there"
    elif len(loss) > 1 and np.ptp(loss) <= STILL * abs(float(loss[0])):
        yield "the loss did not move; try another learning rate"
    if (error := facts.forward_error) is not None:
        yield (
            f"NumPy's forward pass differs from Keras by {error:.1g} of a layer's largest "
            "activation; the probed layer and the output are drawn as Keras computed them"
        )
    if (frame := saturated(recording)) is not None:
        epoch = number.epoch(recording.epoch(frame))
        yield (
            f"the output is saturated from epoch {epoch} on, where its activation has no slope; "
            "use a lower learning rate, or smaller inputs"
        )
    dead = np.flatnonzero(~recording.probed.alive(-1))
    if len(dead):
        units = ", ".join(str(unit + 1) for unit in dead)
        plural = "s" * (len(dead) > 1)
        yield f"unit{plural} {units} of the probed layer gave the same answer to every input"


def _diverged_unseen(spec: Spec, recording: "Recording") -> Iterator[str]:
    """A divergence within the first frames, and what to set so that it is seen."""
    facts = recording.facts
    end = facts.diverged or 0.0
    steps = end * facts.steps_per_epoch
    if recording.held < UNSEEN and steps > recording.held:
        finer = max(end / WELL_SEEN, 1 / facts.steps_per_epoch)
        shown = "1 frame shows" if recording.held == 1 else f"{recording.held} frames show"
        instead = " in place of training.epochs" if spec.training.epochs is not None else ""
        yield (
            f"{shown} the training before it diverged; "
            f"set training.epochs_per_frame: {finer:.1g}{instead} to see more of it"
        )


def _captions_too_late(spec: Spec, recording: "Recording") -> Iterator[str]:
    """What the user wanted to be said after the end of the film."""
    last = recording.epoch(recording.frames - 1)
    for remark in spec.captions:
        if remark.epoch > last:
            at, end = number.epoch(remark.epoch), number.epoch(last)
            yield f"the caption at epoch {at} is not shown: the film ends at epoch {end}"


def _foreign_tracks(experiment: Experiment) -> Iterator[str]:
    """Captions that will not be written, because there are others."""
    for track in sorted({target.track for target in experiment.targets if target.track}):
        if is_foreign(track):
            yield f"{track} is not nnviz's and stays as it is; the film's captions are not there"


def legibility(words: Mapping[str, str], themes: Iterable[Theme]) -> Iterator[str]:
    """What will be hard to read: empty boxes, fonts that are not there, text that is faint.

    `words` by where they stand. Text stands out by WCAG's 4.5 at least against what is behind it.
    """
    themes = sorted(themes, key=astuple)
    for font in sorted({font for theme in themes for font in (theme.text, theme.mono_font)}):
        if not is_installed(font):
            yield f"no font is called '{font}' here; {PLAIN_FONT} is drawn instead"
    for where, said in words.items():
        _, missing = families(themes[0].text, said) if themes else ([], "")
        coloured = in_colour(missing) if missing else ""
        if coloured:
            yield f"'{coloured}' of {where} cannot be drawn: installed fonts have it only in colour"
        if unknown := "".join(letter for letter in missing if letter not in coloured):
            yield f"no installed font has '{unknown}' of {where}; install one that has"
    for theme in themes:
        for name in ("ink", "soft"):
            for ground in ("paper", "panel"):
                seen = contrast(getattr(theme, name), getattr(theme, ground))
                if seen < LEGIBLE:
                    yield f"the theme's {name} is hard to read on its {ground} ({seen:.1f}:1)"
