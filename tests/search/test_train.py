"""Laws of a trial: determinism, pairing, initialisation, what decays, and what is measured."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from analysis.recipe import Fidelity
from analysis.training import Training
from search.data import DataSet, Images, load
from search.train import Diverged, Outcome, Trainer, initialise, sgd

FIDELITY = Fidelity(name="tiny", resolution=8, width=1.0, depth=1.0, train_images=200, epochs=2)
TRAINING = Training(batch_size=32, flip=False, crop_padding=1)


class Residual(nn.Module):
    """The smallest residual block: its last norm is `norm`."""

    def __init__(self, channels: int, groups: int = 2) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.conv(x)))


def network() -> nn.Module:
    stem = nn.Conv2d(1, 16, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(
        stem, nn.BatchNorm2d(16), nn.ReLU(), Residual(16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)
    )


@pytest.fixture(scope="module")
def digits() -> DataSet:
    """The digits in arrays that cannot be written, as Ray's shared memory hands them out."""
    made = load("digits")
    for array in (made.train.pixels, made.train.labels, made.test.pixels, made.test.labels):
        array.setflags(write=False)
    return made


def trainer(
    data: DataSet,
    *,
    fidelity: Fidelity = FIDELITY,
    training: Training = TRAINING,
    replicate: int = 0,
    candidate: str = "a",
    model: nn.Module | None = None,
) -> Trainer:
    return Trainer(
        model or network(), ["3.norm"], data, fidelity, training, run_seed=0, replicate=replicate, candidate=candidate
    )


def curve(made: Trainer) -> list[tuple[float, ...]]:
    """All that a trial measures, without the clock."""
    epochs = [made.epoch() for _ in range(made.fidelity.epochs)]
    return [tuple(value for name, value in epoch.items() if name != "seconds") for epoch in epochs]


def inputs(made: Trainer) -> list[Tensor]:
    """The batches one epoch trains the network on."""
    seen: list[Tensor] = []

    def watch(model: nn.Module, args: tuple[Tensor]) -> None:
        if model.training:
            seen.append(args[0].clone())

    with made.model.register_forward_pre_hook(watch):
        made.epoch()
    return seen


def weights(seed: int = 0, make: Callable[[], nn.Module] = network, zeroed: tuple[str, ...] = ()) -> dict[str, Tensor]:
    model = make()
    initialise(model, zeroed, seed=(seed,))
    return model.state_dict()


# Determinism and pairing


def test_a_trial_is_deterministic(digits: DataSet) -> None:
    torch.manual_seed(1)
    first = trainer(digits)
    first_curve, first_outcome = curve(first), first.finish()
    torch.manual_seed(2)
    again = trainer(digits)
    assert curve(again) == first_curve
    outcome = again.finish()
    assert outcome.metrics == first_outcome.metrics
    assert np.array_equal(outcome.losses, first_outcome.losses)


def test_candidates_of_a_replicate_see_the_same_images_and_start_from_other_weights(digits: DataSet) -> None:
    some, other = trainer(digits), trainer(digits, candidate="b")
    assert not some.model.get_parameter("0.weight").equal(other.model.get_parameter("0.weight"))
    assert all(x.equal(y) for x, y in zip(inputs(some), inputs(other), strict=True))


def test_replicates_differ_in_images_and_weights(digits: DataSet) -> None:
    some, other = trainer(digits), trainer(digits, replicate=1)
    assert not some.model.get_parameter("0.weight").equal(other.model.get_parameter("0.weight"))
    assert not any(x.equal(y) for x, y in zip(inputs(some), inputs(other), strict=True))


def test_epochs_differ_in_order(digits: DataSet) -> None:
    made = trainer(digits)
    assert not any(x.equal(y) for x, y in zip(inputs(made), inputs(made), strict=True))


# Initialisation


def test_initialisation_depends_on_its_seed_alone() -> None:
    torch.manual_seed(1)
    first = weights()
    torch.manual_seed(2)
    assert all(tensor.equal(first[name]) for name, tensor in weights().items())
    assert not weights(1)["0.weight"].equal(first["0.weight"])


def test_a_parameter_depends_on_its_name_and_not_on_its_neighbours() -> None:
    alone = weights(make=lambda: nn.Sequential(nn.Conv2d(1, 16, 3, bias=False)))
    assert alone["0.weight"].equal(weights()["0.weight"])


def test_initial_weights_have_the_declared_spread() -> None:
    values = weights(
        make=lambda: nn.Sequential(nn.Conv2d(64, 128, 3, groups=4), nn.BatchNorm2d(128), nn.Linear(500, 99))
    )
    assert values["0.weight"].std().item() == pytest.approx((2 / (3 * 3 * 128)) ** 0.5, rel=0.02)
    assert values["2.weight"].std().item() == pytest.approx(0.01, rel=0.02)
    assert all(values[name].eq(0).all() for name in ("0.bias", "1.bias", "2.bias"))
    assert values["1.weight"].eq(1).all()


def test_residual_branches_start_at_zero_if_the_recipe_says_so(digits: DataSet) -> None:
    for zero_gamma in (True, False):
        made = trainer(digits, training=replace(TRAINING, zero_gamma=zero_gamma))
        assert made.model.get_parameter("3.norm.weight").eq(0).all().item() is zero_gamma
        assert made.model.get_parameter("1.weight").eq(1).all()


def test_only_convolution_and_linear_weights_decay() -> None:
    model = network()
    decaying, other = sgd(model, TRAINING).param_groups
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert {names[id(p)] for p in decaying["params"]} == {"0.weight", "3.conv.weight", "6.weight"}
    assert {names[id(p)] for p in other["params"]} == {"1.weight", "1.bias", "3.norm.weight", "3.norm.bias", "6.bias"}
    assert (decaying["weight_decay"], other["weight_decay"]) == (TRAINING.weight_decay, 0.0)


# Measuring


def test_an_epoch_reports_its_measurements(digits: DataSet) -> None:
    report = trainer(digits).epoch()
    assert list(report) == ["epoch", "train_loss", "validation_loss", "validation_error", "seconds"]
    assert report["epoch"] == 1
    assert report["seconds"] > 0


def test_metrics_summarise_the_test_set_image_by_image(digits: DataSet) -> None:
    made = trainer(digits)
    last = curve(made)[-1]
    outcome = made.finish()
    assert outcome.losses.shape == outcome.correct.shape == (len(digits.test),)
    assert [str(array.dtype) for array in (outcome.losses, outcome.correct)] == ["float32", "bool"]
    assert outcome.metrics["test_loss"] == pytest.approx(outcome.losses.mean())
    assert outcome.metrics["test_error"] == pytest.approx(100 * np.mean(~outcome.correct))
    assert tuple(outcome.metrics[name] for name in ("train_loss", "validation_loss", "validation_error")) == last[1:]


def test_scores_do_not_depend_on_how_evaluation_is_batched(digits: DataSet) -> None:
    made = trainer(digits)
    curve(made)
    whole = made.finish()
    made.training = replace(TRAINING, batch_size=1)
    assert np.allclose(made.finish().losses, whole.losses, atol=1e-5)


def test_the_test_set_decides_nothing(digits: DataSet) -> None:
    wrong = Images(255 - digits.test.pixels, 9 - digits.test.labels, 10)
    assert curve(trainer(replace(digits, test=wrong))) == curve(trainer(digits))


def test_digits_are_learned(digits: DataSet) -> None:
    fidelity, training = replace(FIDELITY, epochs=10, train_images=1_200), replace(TRAINING, lr=0.4, crop_padding=0)
    made = trainer(digits, fidelity=fidelity, training=training)
    curve(made)
    assert made.finish().metrics["test_error"] < 10  # guessing: 90


def test_a_diverging_trial_says_where(digits: DataSet) -> None:
    with pytest.raises(Diverged, match=r"^training loss is (nan|inf) in epoch 1; lower the learning rate or raise"):
        trainer(digits, training=replace(TRAINING, lr=1e30)).epoch()


# Sizes


def test_every_step_has_a_whole_batch(digits: DataSet) -> None:
    made = trainer(digits)
    assert made.steps_per_epoch == 200 // 32
    assert [len(batch) for batch in inputs(made)] == [32] * made.steps_per_epoch


def test_fewer_images_than_a_batch_make_one_step(digits: DataSet) -> None:
    made = trainer(digits, fidelity=replace(FIDELITY, train_images=20))
    assert made.steps_per_epoch == 1
    assert len(inputs(made)[0]) == 20


def test_images_are_reduced_to_the_fidelity_and_never_enlarged(digits: DataSet) -> None:
    for resolution, side in ((4, 4), (32, 8)):
        made = trainer(digits, fidelity=replace(FIDELITY, resolution=resolution))
        assert inputs(made)[0].shape == (32, 1, side, side)


def test_a_trial_sets_its_number_of_threads(digits: DataSet) -> None:
    before = torch.get_num_threads()
    try:
        trainer(digits, training=replace(TRAINING, threads=1))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_trains_what_a_cpu_trains(digits: DataSet) -> None:
    def outcome(device: str) -> Outcome:
        made = Trainer(network(), [], digits, FIDELITY, TRAINING, run_seed=0, replicate=0, candidate="a", device=device)
        curve(made)
        return made.finish()

    assert outcome("cuda").metrics == pytest.approx(outcome("cpu").metrics, rel=0.1)


def test_bf16_is_of_activations_and_not_of_weights(digits: DataSet) -> None:
    """Convolutions hand on bf16, what decides and what is kept stays fp32, and the numbers differ a little."""
    made, full = trainer(digits, training=replace(TRAINING, precision="bf16")), trainer(digits)
    seen: list[torch.dtype] = []
    convolution = next(module for module in made.model.modules() if isinstance(module, nn.Conv2d))
    convolution.register_forward_hook(lambda _, __, out: seen.append(out.dtype))
    loss, expected = made.epoch()["train_loss"], full.epoch()["train_loss"]
    assert set(seen) == {torch.bfloat16}
    assert {parameter.dtype for parameter in made.model.parameters()} == {torch.float32}
    assert loss != expected
    assert loss == pytest.approx(expected, rel=0.05)


def test_a_network_is_compiled_where_the_recipe_says_so(digits: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[nn.Module] = []

    def compile_(model: nn.Module) -> nn.Module:
        compiled.append(model)
        return model

    monkeypatch.setattr(torch, "compile", compile_)
    plain, made = trainer(digits), trainer(digits, training=replace(TRAINING, compile=True))
    assert compiled == [made.model]
    assert curve(made) == curve(plain)
