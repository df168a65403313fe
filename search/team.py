"""One trial over several GPUs of a machine: each has a process that trains on its part of every batch."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.placement_group import get_current_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from analysis.recipe import Recipe
from search.configured import trainer_of
from search.data import DataSet
from search.devices import Kind, device_of

FAREWELL = 5.0  # seconds that the others get to say why they failed


class _Peer:
    """A process beside the trial's own, with what the trial has been given for it."""

    def train(
        self, trial: Mapping[str, Any], recipe: Recipe, data: DataSet, kind: Kind, place: tuple[int, int], address: str
    ) -> None:
        """All epochs, in step with the others; where it fails it leaves them, so that they fail, too."""
        from torch import distributed

        from search.shard import Shard

        device = device_of(kind)
        try:
            _join(place, address, device)
            trainer, _ = trainer_of(trial, recipe, data, device, Shard(*place))
            for _ in range(recipe.fidelity.epochs):
                trainer.epoch()
        finally:
            if distributed.is_initialized():
                distributed.destroy_process_group()


@dataclass
class Team:
    """The processes of a trial beside its own, which is the first; as long as they train, it must train, too."""

    peers: list[Any]
    trained: list[Any]

    @classmethod
    def gathered(cls, world: int, trial: Mapping[str, Any], recipe: Recipe, data: DataSet, kind: Kind) -> "Team":
        """Of `world` processes, this one among them: all have met when this returns."""
        group, images, address = get_current_placement_group(), ray.put(data), _free_address()
        assert group is not None, "a trial has its processes in a placement group"
        peers: list[Any] = [
            ray.remote(_Peer)
            .options(
                num_cpus=trial["training"]["threads"],
                num_gpus=1 if kind == "gpu" else 0,
                scheduling_strategy=PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=rank),
            )
            .remote()
            for rank in range(1, world)
        ]
        asked = dict(trial), recipe, images, kind
        trained = [peer.train.remote(*asked, (rank, world), address) for rank, peer in enumerate(peers, start=1)]
        team = cls(peers, trained)
        try:
            _join((0, world), address, device_of(kind))
        except Exception:
            team.end()
            raise
        return team

    def failure(self) -> Exception | None:
        """Why the first of the others failed, if one did."""
        ended, _ = ray.wait(self.trained, num_returns=1, timeout=FAREWELL)
        try:
            ray.get(ended)
        except RayTaskError as error:
            return error.cause  # type: ignore[no-any-return]
        except RayError:
            return ConnectionError("a process of the trial died")
        return None

    def end(self) -> None:
        """Whatever they do: a trial that was stopped early or failed leaves them waiting."""
        from torch import distributed

        for peer in self.peers:
            ray.kill(peer)
        if distributed.is_initialized():
            distributed.destroy_process_group()


def _join(place: tuple[int, int], address: str, device: str) -> None:
    from torch import distributed

    rank, world = place
    backend = "nccl" if device == "cuda" else "gloo"
    distributed.init_process_group(backend, init_method=f"tcp://{address}", rank=rank, world_size=world)


def _free_address() -> str:
    """Of this machine, where nobody listens."""
    with socket.socket() as free:
        free.bind(("", 0))
        return f"{ray.util.get_node_ip_address()}:{free.getsockname()[1]}"  # type: ignore[no-untyped-call]
