"""A run knows the files of weights that it trains from, and notices where they are others."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from analysis.recipe import Recipe
from analysis.record import Run
from analysis.sweep import Among
from analysis.tricks import Trick
from search.cli import main
from search.export import Network, write
from search.named_files import files_digest
from space import build, parse
from tests.analysis.runs import a_recipe, a_sweep, an_ablation

SENTENCE = "input(1, 8) > conv_stem(8, pool=false) > 2*basic(8) > head(10)"


def a_file(path: Path, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    write(Network.of("master", parse(SENTENCE), build(parse(SENTENCE))), "safetensors", path)
    return path


def taught_by(path: Path) -> Recipe:
    recipe = a_recipe()
    return replace(recipe, training=replace(recipe.training, teacher=str(path)))


def test_it_is_of_contents_wherever_they_are(tmp_path: Path) -> None:
    one, other = (a_file(tmp_path / f"{seed}.safetensors", seed) for seed in (0, 1))
    moved = Path(shutil.copy(one, tmp_path / "moved.safetensors"))
    assert files_digest(taught_by(one)) == files_digest(taught_by(moved)) != files_digest(taught_by(other))
    assert len(files_digest(taught_by(one))) == 64
    assert files_digest(a_recipe()) == ""
    assert files_digest(replace(a_recipe(), training=replace(a_recipe().training, teacher="resnet50"))) == ""


def test_it_is_of_what_is_tuned_and_of_tricks_too(tmp_path: Path) -> None:
    path = str(a_file(tmp_path / "master.safetensors"))
    tuned = a_sweep(tune=(Among(field="teacher", values=("", "resnet50", path)),))
    tricks = an_ablation("taught", tricks=(Trick(name="taught", changes={"teacher": path}),))
    assert files_digest(tuned) == files_digest(taught_by(Path(path)))
    assert files_digest(replace(a_recipe(), training=replace(a_recipe().training, weights=path))) == files_digest(tuned)
    assert files_digest(tricks) == files_digest(tuned)


def test_a_run_whose_file_has_changed_is_another(without_ray: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_file(without_ray / "master.safetensors")
    words = ["--budget", "4GFLOPs", "--axis", "cardinality", "--data", "digits", "--fidelity", "tiny"]
    words += ["--set", f"teacher={path}", "--run", "run"]
    for _ in range(2):
        assert main(words) == 0
    assert len(Run.open(without_ray / "run").recipe.files_digest) == 64
    a_file(path, seed=1)
    assert main(words) == 2
    assert "holds a run of another recipe: files_digest: " in capsys.readouterr().err
