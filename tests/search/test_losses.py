"""Losses in closed form, and their gradients by hand."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor, nn

from analysis.training import Training
from search.losses import label_loss, smoothed, teacher_loss

EPSILONS = st.floats(0, 0.99)


def some(seed: int, classes: int, images: int = 5) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(images, classes, generator=generator, dtype=torch.float64)
    return logits, torch.randint(classes, (images,), generator=generator)


def test_smoothed_labels_of_the_source_text() -> None:
    """He et al. 2019, equation 4, with K = 5: ε / (K - 1) for each of the others."""
    shares = smoothed(torch.tensor([[0.0, 1.0, 0.0, 0.0, 0.0]]), 0.1)
    assert shares.tolist()[0] == pytest.approx([0.025, 0.9, 0.025, 0.025, 0.025])


@given(st.integers(0, 99), st.integers(2, 12), EPSILONS)
def test_a_smoothed_loss_is_the_cross_entropy_to_smoothed_labels(seed: int, classes: int, epsilon: float) -> None:
    logits, labels = some(seed, classes)
    one_hot = nn.functional.one_hot(labels, classes).double()
    rest = {"all": epsilon / classes, "others": epsilon / (classes - 1)}
    peak = {"all": 1 - epsilon + epsilon / classes, "others": 1 - epsilon}
    for over in ("all", "others"):
        targets = one_hot * peak[over] + (1 - one_hot) * rest[over]
        expected = -(targets * logits.log_softmax(1)).sum(1).mean()
        training = Training(label_smoothing=epsilon, smoothing_over=over)
        assert label_loss(logits, labels, training).item() == pytest.approx(expected.item())
        assert label_loss(logits, one_hot, training).item() == pytest.approx(expected.item())


@given(st.integers(0, 99), st.integers(2, 12), EPSILONS)
def test_epsilon_over_the_others_is_a_larger_one_over_all(seed: int, classes: int, epsilon: float) -> None:
    logits, labels = some(seed, classes)
    epsilon *= (classes - 1) / classes
    others = label_loss(logits, labels, Training(label_smoothing=epsilon, smoothing_over="others"))
    over_all = label_loss(logits, labels, Training(label_smoothing=min(epsilon * classes / (classes - 1), 1 - 1e-9)))
    assert others.item() == pytest.approx(over_all.item(), rel=1e-6)


@given(st.integers(0, 99), st.floats(0, 1), EPSILONS, st.sampled_from(["all", "others"]))
def test_the_loss_of_mixed_labels_is_the_mixed_loss(seed: int, share: float, epsilon: float, over: str) -> None:
    logits, labels = some(seed, 6)
    partner = labels.roll(1)
    training = Training(label_smoothing=epsilon, smoothing_over=over)  # type: ignore[arg-type]
    mixed = sum(part * nn.functional.one_hot(of, 6).double() for part, of in ((share, labels), (1 - share, partner)))
    expected = share * label_loss(logits, labels, training) + (1 - share) * label_loss(logits, partner, training)
    assert label_loss(logits, mixed, training).item() == pytest.approx(expected.item())  # type: ignore[arg-type]


def test_without_smoothing_it_is_torchs_to_the_last_bit() -> None:
    logits, labels = (tensor.float() if tensor.is_floating_point() else tensor for tensor in some(3, 10))
    expected = nn.functional.cross_entropy(logits, labels, label_smoothing=0.0)
    assert label_loss(logits, labels, Training()).equal(expected)


# Distillation


@given(st.integers(0, 99), st.sampled_from([1.0, 4.0, 20.0]))
def test_the_teachers_gradient_is_t_times_the_difference_of_softened_classes(seed: int, temperature: float) -> None:
    """By hand: d/dz T² H(softmax(r/T), softmax(z/T)) = T (softmax(z/T) - softmax(r/T)), over N images."""
    logits, _ = some(seed, 7)
    teacher, _ = some(seed + 100, 7)
    logits.requires_grad_()
    teacher_loss(logits, teacher, temperature).backward()
    by_hand = temperature * ((logits / temperature).softmax(1) - (teacher / temperature).softmax(1)) / len(logits)
    assert torch.allclose(logits.grad, by_hand.detach())  # type: ignore[arg-type]


def test_a_student_like_its_teacher_has_no_gradient_and_the_teachers_entropy() -> None:
    logits, _ = some(0, 7)
    logits.requires_grad_()
    loss = teacher_loss(logits, logits.detach(), 20.0)
    soft = (logits.detach() / 20).softmax(1)
    assert loss.item() == pytest.approx(400 * -(soft * soft.log()).sum(1).mean().item())
    loss.backward()
    assert logits.grad.abs().max() < 1e-12  # type: ignore[union-attr]


def test_at_high_temperatures_the_gradient_is_of_the_logits_difference() -> None:
    """Hinton et al. 2015, equation 4: of logits of mean zero, (z - r) / K, which T² keeps at any T."""
    logits, _ = some(0, 7)
    teacher, _ = some(1, 7)
    logits, teacher = (one - one.mean(1, keepdim=True) for one in (logits, teacher))
    logits.requires_grad_()
    teacher_loss(logits, teacher, 1e4).backward()
    assert torch.allclose(logits.grad * len(logits), (logits - teacher).detach() / 7, atol=1e-3)  # type: ignore[operator]
