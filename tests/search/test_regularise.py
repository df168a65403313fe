"""What is dropped, how often, and that nothing is when a network is tested."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from analysis.training import Training
from search.averaging import reestimate
from search.data import DataSet
from search.regularise import DropPath, classifier, drop_block, late_norms, regularise, stochastic_depth
from space import parse
from space.module import build
from tests.search.tiny import TRAINING, curve, trainer

SENTENCE = "input(1, 16) > conv_stem(8, pool=false) > 2*basic(8) > 2*basic(16)/2 > 2*basic(32)/2 > head(10)"


def names(model: nn.Module, modules: list[nn.Module]) -> set[str]:
    return {name for name, module in model.named_modules() if any(module is one for one in modules)}


# DropBlock


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_drop_block_drops_about_its_share_and_keeps_the_sum(share: float) -> None:
    torch.manual_seed(0)
    maps = torch.ones(64, 32, 14, 14)
    dropped = drop_block(maps, share, 3)
    gone = dropped.eq(0).float().mean().item()
    assert 0.75 * share < gone <= 1.05 * share  # squares overlap
    assert dropped.sum().item() == pytest.approx(maps.sum().item(), rel=1e-5)
    assert len(dropped.unique()) == 2


def test_drop_block_drops_whole_squares_within_the_map() -> None:
    torch.manual_seed(0)
    gone = drop_block(torch.ones(200, 1, 8, 8), 0.03, 3).eq(0)
    counts = gone.flatten(1).sum(1)
    assert set(counts[counts > 0].tolist()) >= {9}
    for mask in gone[counts == 9][:, 0]:
        rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
        assert len(rows) == len(columns) == 3
        assert mask[rows[0] : rows[0] + 3, columns[0] : columns[0] + 3].all()
    assert gone.any(0).all()  # every place is within reach


def test_a_map_smaller_than_a_square_is_dropped_whole() -> None:
    torch.manual_seed(0)
    gone = drop_block(torch.ones(2_000, 1, 2, 2), 0.2, 3).eq(0).flatten(1)
    assert gone.any(1).equal(gone.all(1))
    assert gone.float().mean().item() == pytest.approx(0.2, abs=0.03)


def test_drop_block_is_behind_the_norms_of_the_last_two_stages() -> None:
    model = build(parse(SENTENCE))
    found = names(model, late_norms(model))
    assert found
    assert {name.partition(".")[0] for name in found} == {"stage2", "stage3"}
    norms = [name for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert found == {name for name in norms if name.startswith(("stage2.", "stage3."))}


# Stochastic depth


def test_a_path_is_dropped_for_whole_images_and_what_is_left_is_scaled() -> None:
    torch.manual_seed(0)
    path = DropPath(0.25).train()
    maps = path(torch.ones(4_000, 2, 3, 3)).flatten(1)
    assert maps.unique().tolist() == pytest.approx([0, 4 / 3])
    assert maps.amax(1).equal(maps.amin(1))
    assert maps.mean().item() == pytest.approx(1, abs=0.03)
    assert maps.eq(0).float().mean().item() == pytest.approx(0.25, abs=0.03)


def test_branches_are_dropped_more_the_deeper_they_are() -> None:
    model = build(parse(SENTENCE))
    stochastic_depth(model, 0.6)
    shares = [module.share for module in model.modules() if isinstance(module, DropPath)]
    assert shares == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])


def test_without_its_branches_a_network_is_its_shortcuts() -> None:
    """Almost surely all dropped: what a block hands on is the rectified shortcut of what it is given."""
    model = build(parse("input(1, 8) > conv_stem(8, pool=false) > 2*basic(8) > head(10)"))
    stochastic_depth(model, 0.5)
    for module in model.modules():
        if isinstance(module, DropPath):
            module.share = 1 - 1e-12
    seen: list[Tensor] = []
    model.get_submodule("stage1.block1.conv1").register_forward_pre_hook(lambda _, args: seen.append(args[0].clone()))
    model.get_submodule("head.linear1").register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    model.train()(torch.randn(2, 1, 8, 8))
    before, pooled = seen
    assert torch.allclose(pooled, before.relu().mean((2, 3)))


def plain_and_regularised(field: str) -> tuple[nn.Module, nn.Module]:
    """Of the same weights; three in ten are dropped."""
    torch.manual_seed(0)
    plain, made = build(parse(SENTENCE)), build(parse(SENTENCE))
    regularise(made, Training(**{field: 0.3}))  # type: ignore[arg-type] -- a field by its name
    made.load_state_dict(plain.state_dict())
    return plain, made


@pytest.mark.parametrize("field", ["dropout", "drop_block", "stochastic_depth"])
def test_in_testing_nothing_is_dropped_and_weights_keep_their_names(field: str) -> None:
    plain, made = plain_and_regularised(field)
    images = torch.randn(8, 1, 16, 16)
    assert made.eval()(images).equal(plain.eval()(images))
    assert not torch.allclose(made.train()(images), plain.train()(images))


@pytest.mark.parametrize("field", ["dropout", "drop_block", "stochastic_depth"])
def test_norms_are_estimated_of_what_is_not_dropped(field: str) -> None:
    """Else a network that is tested, which drops nothing, would be normalised as one that drops."""
    plain, made = plain_and_regularised(field)
    batches = [torch.randn(8, 1, 16, 16) for _ in range(2)]
    for model in (plain, made):
        reestimate(model.train(), batches)
    statistics = [
        {name: one for name, one in model.state_dict().items() if "running" in name} for model in (plain, made)
    ]
    assert statistics[0]
    assert all(statistics[1][name].equal(one) for name, one in statistics[0].items())


def test_dropout_is_before_the_classifier_alone() -> None:
    model = build(parse(SENTENCE))
    assert names(model, [classifier(model)]) == {"head.linear1"}
    features = nn.Sequential(nn.Conv2d(1, 4, 1), nn.Flatten(), nn.Linear(400, 2))
    regularise(features, Training(dropout=0.3))
    seen: list[Tensor] = []
    for layer in (features[0], features[2]):
        layer.register_forward_hook(lambda _, args, __: seen.append(args[0]))
    torch.manual_seed(0)
    nn.init.ones_(features[0].weight)
    nn.init.zeros_(features[0].bias)
    for mode in (True, False):
        features.train(mode)(torch.ones(50, 1, 10, 10))
    image, dropped, _, kept = seen
    assert image.eq(1).all()
    assert kept.eq(1).all()
    assert dropped.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert dropped.eq(0).float().mean().item() == pytest.approx(0.3, abs=0.02)


def test_what_is_dropped_is_drawn_from_the_seeds_of_the_replicate(digits: DataSet) -> None:
    training = replace(TRAINING, dropout=0.5)
    torch.manual_seed(1)
    first = curve(trainer(digits, training=training))
    torch.manual_seed(2)
    assert curve(trainer(digits, training=training)) == first
    assert first != curve(trainer(digits))
