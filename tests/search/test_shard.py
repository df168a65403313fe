"""Several processes that train one network come to what one comes to: over gloo, on this machine's cores."""

from dataclasses import replace
from multiprocessing import get_context

import pytest
import torch
from torch import distributed

from analysis.training import Training
from search.data import load
from search.shard import ALONE, Shard
from search.train import Trainer
from tests.search.tiny import FIDELITY, TRAINING, network

TRICKS: dict[str, Training] = {
    "plain": TRAINING,
    "uneven parts": replace(TRAINING, batch_size=33),
    "bf16": replace(TRAINING, precision="bf16"),
    "averaged, mixed and smoothed": replace(TRAINING, averaging=0.9, mixup=0.2, label_smoothing=0.1),
    "tuned and estimated in the end": replace(TRAINING, test_resolution=16, fix_epochs=1, norm_images=64),
}
Found = tuple[list[dict[str, float]], dict[str, torch.Tensor], dict[str, float]]


def trained(training: Training, shard: Shard = ALONE) -> Found:
    """The curve, the weights and statistics of norms in the end, and what the test set says of them."""
    chance = {"run_seed": 0, "replicate": 0, "candidate": "a"}
    trainer = Trainer(network(), ["3.norm"], load("digits"), FIDELITY, training, shard=shard, **chance)  # type: ignore[arg-type]
    curve = [trainer.epoch() for _ in range(FIDELITY.epochs)]
    return curve, trainer.model.state_dict(), trainer.finish().metrics


def together(rank: int, file: str) -> dict[str, Found]:
    """All tricks, by the process of that rank among two."""
    distributed.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    try:
        return {name: trained(training, Shard(rank, 2)) for name, training in TRICKS.items()}
    finally:
        distributed.destroy_process_group()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Found]]:
    """What two processes found, by rank."""
    file = str(tmp_path_factory.mktemp("met") / "here")
    with get_context("spawn").Pool(2) as pool:
        return pool.starmap(together, [(0, file), (1, file)], chunksize=1)


@pytest.mark.parametrize("name", TRICKS)
def test_two_processes_train_what_one_does(name: str, both: list[dict[str, Found]]) -> None:
    """To rounding, which is coarse where the maps are of half precision."""
    curve, weights, metrics = trained(TRICKS[name])
    within = 0.05 if name == "bf16" else 2e-3
    for found in both:
        its_curve, its_weights, its_metrics = found[name]
        for ours, theirs in zip(curve, its_curve, strict=True):
            assert theirs["train_loss"] == pytest.approx(ours["train_loss"], rel=within)
        for key, value in weights.items():
            torch.testing.assert_close(its_weights[key], value, rtol=within, atol=within)
        assert its_metrics["test_loss"] == pytest.approx(metrics["test_loss"], rel=within)


@pytest.mark.parametrize("name", TRICKS)
def test_all_processes_have_the_same_network(name: str, both: list[dict[str, Found]]) -> None:
    (_, first, _), (_, second, _) = both[0][name], both[1][name]
    assert all(value.equal(second[key]) for key, value in first.items())


def test_parts_are_a_batch_and_their_losses_its_mean() -> None:
    batch = torch.arange(10.0)
    shards = [Shard(rank, 3) for rank in range(3)]
    parts = [shard.part(batch) for shard in shards]
    assert sorted(torch.cat(parts).tolist()) == batch.tolist()
    weighed = [shard.weighed(part.mean(), part, batch) for shard, part in zip(shards, parts, strict=True)]
    assert sum(map(float, weighed)) / 3 == pytest.approx(float(batch.mean()))
    with pytest.raises(ValueError, match="3 GPUs cannot share a batch of 2; raise batch_size"):
        shards[0].part(batch[:2])
