"""Each dataset has a template, which is good, for editors too, and makes a film."""

import pytest

from nnviz_cli.data.table import DATASETS
from nnviz_cli.errors import SpecError
from nnviz_cli.job.experiment import check
from nnviz_cli.job.run import run
from nnviz_cli.spec.template import TEMPLATES, write
from nnviz_cli.spec.yaml_reader import read_file
from tests.spec.test_schema import VALIDATOR

TINY = ["frames=1", "view.size=160x90", "dataset.points=20", "training.batch_size=8"]


def test_each_dataset_has_a_template():
    assert set(TEMPLATES) == set(DATASETS)


@pytest.mark.process
def test_each_template_is_valid_and_one_frame_of_it_is_made(tmp_path):
    experiments = []
    for name in TEMPLATES:
        path = write(tmp_path / name, name)
        plain = read_file(path).value
        assert VALIDATOR.is_valid(plain)
        experiment = check(path)
        assert experiment.spec.dataset.name == name
        assert experiment.paths == (f"outputs/{name}.mp4",)
        assert experiment.limitations == []
        assert "description" in plain, "for those who cannot see it"
        experiments.append(check(path, TINY, [f"{tmp_path}/{{name}}.png"]))
    results = list(run(experiments))
    assert [result.error for result in results] == [""] * len(TEMPLATES)
    for name in TEMPLATES:
        assert (tmp_path / f"{name}.png").stat().st_size > 1000


def test_a_template_is_found_by_another_name_of_its_dataset(tmp_path):
    write(tmp_path / "a.yaml", "rings")
    write(tmp_path / "b.yaml", "make_circles")
    assert (tmp_path / "a.yaml").read_text() == (tmp_path / "b.yaml").read_text()
    with pytest.raises(SpecError, match="--template: unknown template 'circle'"):
        write(tmp_path / "c.yaml", "circle")
