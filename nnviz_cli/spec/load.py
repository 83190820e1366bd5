"""A validated, frozen Spec from a document, and its JSON Schema.

Every key is checked, and everything is checked at once. A spec that has passed has all its
defaults filled in and needs no further checks.
"""

import copy
from collections.abc import Collection, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from nnviz_cli.data.table import DATASETS
from nnviz_cli.errors import Problem, SpecError
from nnviz_cli.spec.choice import choice_model
from nnviz_cli.spec.consistency import fit, layer_problems, training_problems
from nnviz_cli.spec.keys import Layer, Model, Spec, Training, View
from nnviz_cli.spec.messages import as_written, problems_of
from nnviz_cli.spec.names import names
from nnviz_cli.spec.short_forms import spelled_out
from nnviz_cli.spec.yaml_reader import Document


def load(document: Document, *, large: bool = False) -> Spec:
    """A validated spec from a document. Raises SpecError with all problems.

    `large` lifts the limits of size.
    """
    document = spelled_out(document)
    try:
        spec = Spec.model_validate(document.value, context={"large": large})
    except ValidationError as error:
        wrong = error.errors()
        problems = problems_of(document, wrong, _sections())
        raise SpecError([*problems, *_more(document, wrong, large)]) from None
    spec, problems = fit(spec, document, large=large)
    if problems:
        raise SpecError(problems)
    return spec


def load_view(document: Document, *, large: bool = False) -> View:
    """The view of a document that has no other section. Raises SpecError."""
    try:
        return View.model_validate(document.value.get("view", {}), context={"large": large})
    except ValidationError as error:
        inside = [{**item, "loc": ("view", *item["loc"])} for item in error.errors()]
        raise SpecError(problems_of(document, inside, _sections())) from None


def _sections() -> dict[str, Collection[str]]:
    """The keys of each mapping, in the order in which misplaced keys are searched."""
    options = [choice_model("dataset", name).model_fields for name in names("dataset")]
    return {
        "model": Model.model_fields,
        "training": Training.model_fields,
        "view": View.model_fields,
        "dataset": set().union(*options) - {"name"},
        "": Spec.model_fields,
        "model.layers": Layer.model_fields,
    }


def _more(document: Document, wrong: Sequence[ErrorDetails], large: bool) -> list[Problem]:
    """Problems of consistency, if the spec is valid without the invalid values."""
    value = copy.deepcopy(document.value)
    for item in wrong:
        *inside, last = as_written(document, item["loc"])
        holder: Any = value
        for key in inside:
            holder = holder[key] if _has(holder, key) else None
        if isinstance(holder, dict):
            holder.pop(last, None)
    try:
        spec = Spec.model_validate(value, context={"large": large})
    except ValidationError:
        return []
    unclear = DATASETS[spec.dataset.name].class_options
    if any(item["loc"][0] == "dataset" and item["loc"][-1] in unclear for item in wrong):
        return list(training_problems(spec, document))
    if {item["loc"][0] for item in wrong} & {"dataset", "model", "probe"}:
        return [*layer_problems(spec, document), *training_problems(spec, document)]
    return fit(spec, document, large=large)[1]


def _has(holder: Any, key: str | int) -> bool:
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and isinstance(key, int) and key < len(holder)
