"""Laws of a trial: determinism, pairing, initialisation, what decays, and what is measured."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from search.data import DataSet, Images
from search.outcome import Outcome
from search.train import Diverged, Trainer
from tests.search.tiny import FIDELITY, TRAINING, curve, inputs, network, trainer

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
    assert made._logits(torch.randn(2, 1, 8, 8)).dtype == torch.float32
    assert {parameter.dtype for parameter in made.model.parameters()} == {torch.float32}
    assert loss != expected
    assert loss == pytest.approx(expected, rel=0.05)


def test_weights_lie_with_their_channels_last(digits: DataSet) -> None:
    """A layout that says nothing of a kernel of one pixel or one channel is no test."""
    weights = [one for one in trainer(digits).model.parameters() if one.ndim == 4 and min(one.shape) > 1]
    assert weights
    assert all(one.is_contiguous(memory_format=torch.channels_last) for one in weights)


def test_a_network_is_compiled_where_the_recipe_says_so(digits: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[nn.Module] = []

    def compile_(model: nn.Module) -> nn.Module:
        compiled.append(model)
        return model

    monkeypatch.setattr(torch, "compile", compile_)
    plain, made = trainer(digits), trainer(digits, training=replace(TRAINING, compile=True))
    assert compiled == [made.model]
    assert curve(made) == curve(plain)


def test_fp16_is_of_activations_and_its_loss_is_scaled_away_again(digits: DataSet) -> None:
    """What is stepped with is the gradient itself: the same trial, a little rounded."""
    made, full = trainer(digits, training=replace(TRAINING, precision="fp16")), trainer(digits)
    seen: list[torch.dtype] = []
    convolution = next(module for module in made.model.modules() if isinstance(module, nn.Conv2d))
    convolution.register_forward_hook(lambda _, __, out: seen.append(out.dtype))
    assert made.scaler.get_scale() > 1
    assert (
        full.scaler.get_scale() == trainer(digits, training=replace(TRAINING, precision="bf16")).scaler.get_scale() == 1
    )
    loss, expected = made.epoch()["train_loss"], full.epoch()["train_loss"]
    assert set(seen) == {torch.float16}
    assert {parameter.dtype for parameter in made.model.parameters()} == {torch.float32}
    assert loss != expected
    assert loss == pytest.approx(expected, rel=0.05)


def test_a_step_in_fp16_that_overflows_is_left_out_and_the_scale_halved(digits: DataSet) -> None:
    made = trainer(digits, training=replace(TRAINING, precision="fp16"))
    made.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**60)
    before = [parameter.detach().clone() for parameter in made.model.parameters()]
    made.epoch()  # of six steps
    assert made.scaler.get_scale() == 2.0**54
    assert all(a.equal(b) for a, b in zip(before, made.model.parameters(), strict=True))


GOLDEN = {"train_loss": 2.289339, "validation_loss": 2.337073}  # before there were tricks; but for rounding, anywhere


def test_without_tricks_a_trial_is_what_it_was_before_there_were_any(digits: DataSet) -> None:
    reading = trainer(digits).epoch()
    assert {name: reading[name] for name in GOLDEN} == pytest.approx(GOLDEN, abs=1e-5)
