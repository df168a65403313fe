"""One trial: a network initialised, trained epoch by epoch and tested once, all chance in it drawn from named seeds."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.recipe import Fidelity
from analysis.training import Training
from search.allocator import keep_freed
from search.augment import Augmentation
from search.augment.augmentation import Epoch
from search.averaging import Average, reestimate
from search.data import DataSet, Images, Indices, resized, split
from search.evaluation import View
from search.fixing import fine_tune
from search.grouping import sgd
from search.initial import initialise
from search.losses import label_loss, teacher_loss
from search.memory import TESTED
from search.outcome import Outcome
from search.regularise import regularise
from search.schedule import learning_rate
from search.seeds import seed_for
from search.shard import ALONE, Shard

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Diverged(ArithmeticError):
    """A loss that is no longer finite; one line that says where."""


def take_over(threads: int) -> None:
    """The process trains from here on."""
    torch.set_num_threads(threads)
    keep_freed()
    torch.backends.cudnn.deterministic = True


class Trainer:
    """Trains one network at one fidelity and replicate.

    The split of the data, the order of the images and their augmentation come from (run seed, replicate), which all
    candidates share, so that candidates can be compared in pairs; only the initialisation also depends on `candidate`.
    The process is taken over: its number of torch threads is set, and it keeps the memory that it frees.
    """

    def __init__(
        self,
        model: nn.Module,
        residual_norms: Sequence[str],
        data: DataSet,
        fidelity: Fidelity,
        training: Training,
        *,
        run_seed: int,
        replicate: int,
        candidate: str,
        device: str | torch.device = "cpu",
        teacher: nn.Module | None = None,
        shard: Shard = ALONE,
        start: Callable[[nn.Module], None] | None = None,
    ) -> None:
        """`model` maps (N, C, H, W) to (N, classes); `residual_norms` names the last norm of each residual branch.

        `teacher`, in evaluation mode and on the device, is of the same images and classes; `shard` is this process's;
        `start` sets weights after they have been initialised.
        """
        assert bool(training.teacher) is (teacher is not None), "whoever asks for a teacher brings it"
        take_over(training.threads)
        self.data, self.fidelity, self.training = resized(data, fidelity.resolution), fidelity, training
        self.chance, self.device = (run_seed, replicate), torch.device(device)
        self.train, self.validation = split(
            self.data, run_seed=run_seed, replicate=replicate, train_images=fidelity.train_images
        )
        images, side = self.data.train, self.data.train.pixels.shape[-1]
        self.augmentation = Augmentation.of(training, images.pixels, self.train, classes=images.classes, side=side)
        self.view, self.teacher = View.of(training, side), teacher
        self.viewed = resized(data, self.view.whole) if self.view.whole > side else self.data
        initialise(model, residual_norms, training, seed=("initialisation", *self.chance, candidate))
        self.model = self._placed(model, start)
        self.optimizer = sgd(self.model, training)
        self.network: nn.Module = torch.compile(self.model) if training.compile else self.model  # type: ignore[assignment]
        self.shard, self.joined = shard, shard.joined(self.network, self.model)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=training.precision == "fp16")
        self.average = Average(self.model, training.averaging) if training.averaging else None
        self.epochs: list[dict[str, float]] = []

    def _placed(self, model: nn.Module, start: Callable[[nn.Module], None] | None) -> nn.Module:
        """With the weights that it starts from, on the device, and with what it leaves out at random."""
        if start:
            start(model)
        regularise(model, self.training)
        # A third faster than the default layout on a CPU, and what tensor cores want on a GPU.
        return model.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches only, as a batch norm over a small remainder is noise; one batch if there are fewer images."""
        return max(1, len(self.train) // self.training.batch_size)

    def epoch(self) -> dict[str, float]:
        """Train one epoch, validate, and return epoch (from 1), losses, error in percent and wall-clock seconds."""
        assert len(self.epochs) < self.fidelity.epochs, "the learning rate has reached zero"
        start, number = time.perf_counter(), len(self.epochs) + 1
        train_loss = self._train(number)
        if number == self.fidelity.epochs:
            self._settle()
        with self.average.applied() if self.average else nullcontext():
            losses, correct = self._score(self.viewed.train, self.validation)
        validation = _metrics("validation", losses, correct, number)
        seconds = time.perf_counter() - start
        self.epochs.append({"epoch": number, "train_loss": train_loss, **validation, "seconds": seconds})
        return self.epochs[-1]

    def finish(self) -> Outcome:
        """The outcome after the last epoch: the one look at the test set, and what the last epoch measured."""
        last = self.epochs[-1]
        losses, correct = self._score(self.viewed.test, np.arange(len(self.viewed.test)))
        kept = {name: last[name] for name in ("validation_error", "validation_loss", "train_loss")}
        return Outcome(_metrics("test", losses, correct, len(self.epochs)) | kept, losses, correct)

    def _train(self, number: int) -> float:
        """One pass over the training images; the mean of the steps' losses, label smoothing included."""
        order = self.train[np.random.default_rng(seed_for("order", *self.chance, number)).permutation(len(self.train))]
        augmented = self.augmentation.epoch(*self.chance, number)
        others = (self.shard.rank,) if self.shard.rank else ()
        torch.manual_seed(seed_for("dropped", *self.chance, number, *others))  # which dropout and its like draw from
        self.model.train()
        losses = []
        for step in range(self.steps_per_epoch):
            batch = order[step * self.training.batch_size : (step + 1) * self.training.batch_size]
            losses.append(self._step(batch, augmented, (number - 1) * self.steps_per_epoch + step))
            _check_finite("training", losses[-1], number)
        return sum(losses) / len(losses)

    def _step(self, batch: Indices, augmented: Epoch, step: int) -> float:
        whole, whole_targets = augmented(*self._batch(self.data.train, batch))
        images, targets = self.shard.part(whole), self.shard.part(whole_targets)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(step, self.fidelity.epochs * self.steps_per_epoch, self.training)
        self.optimizer.zero_grad()
        logits = self._logits(images, self.joined)
        loss = label_loss(logits, targets, self.training)
        if self.teacher:
            opinion = self._opinion(self.teacher, images)
            loss = loss + self.training.distillation * teacher_loss(logits, opinion, self.training.temperature)
        loss = self.shard.weighed(loss, images, whole)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average:
            self.average.update()
        return self.shard.mean(loss)

    def _settle(self) -> None:
        """What is tested is not what the last step left, where the recipe says so."""
        if self.average:
            self.average.swap()
            self.average = None
        if self.training.fix_epochs:
            steps = self.training.fix_epochs * self.steps_per_epoch
            fine_tune(self.model, self._fixing(), steps, self.training)
        if self.training.norm_images:
            some = self._batches(self.viewed.train, self.train[: self.training.norm_images])
            reestimate(self.model, (self._seen(pixels) for pixels, _ in some))

    def _fixing(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The training images as they are tested, in whole batches of an order that is drawn for every pass."""
        size = self.training.batch_size
        for number in range(self.training.fix_epochs):
            chance = np.random.default_rng(seed_for("fix", *self.chance, number))
            order = self.train[chance.permutation(len(self.train))]
            for step in range(self.steps_per_epoch):
                pixels, labels = self._batch(self.viewed.train, order[step * size : (step + 1) * size])
                yield self._seen(pixels), labels

    def _seen(self, pixels: Tensor) -> Tensor:
        """Bytes (N, C, H, W) as the network sees them when it is tested: normalised floats."""
        return self.augmentation.normalisation(self.view(pixels.contiguous(memory_format=torch.channels_last)))

    @torch.no_grad()
    def _opinion(self, teacher: nn.Module, images: Tensor) -> Tensor:
        return self._logits(images, teacher)

    @torch.inference_mode()
    def _score(self, images: Images, which: Indices) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Cross-entropy and correctness of each image, without augmentation, with the norms' running statistics."""
        self.model.eval()
        losses, correct = [], []
        for pixels, labels in self._batches(images, which):
            logits = self._logits(self._seen(pixels))
            losses.append(nn.functional.cross_entropy(logits, labels, reduction="none").float().cpu().numpy())
            correct.append((logits.argmax(1) == labels).cpu().numpy())
        return np.concatenate(losses), np.concatenate(correct)

    def _logits(self, images: Tensor, network: nn.Module | None = None) -> Tensor:
        """(N, classes) of normalised images (N, C, H, W), in fp32 whatever the precision of the network."""
        dtype = AUTOCAST.get(self.training.precision)
        with torch.autocast(self.device.type, dtype, enabled=dtype is not None):
            logits: Tensor = (network or self.network)(images)
        return logits.float()

    def _batches(self, images: Images, which: Indices) -> Iterator[tuple[Tensor, Tensor]]:
        """All of them, in order; four batches without activations kept need less memory than one with them."""
        for batch in np.array_split(which, math.ceil(len(which) / (TESTED * self.training.batch_size))):
            yield self._batch(images, batch)

    def _batch(self, images: Images, which: Indices) -> tuple[Tensor, Tensor]:
        """Bytes and labels on the device, as they lie; indexing copies, so the shared arrays stay untouched."""
        pixels, labels = torch.from_numpy(images.pixels[which]), torch.from_numpy(images.labels[which])
        return pixels.to(self.device), labels.to(self.device)


def _metrics(part: str, losses: NDArray[np.float32], correct: NDArray[np.bool_], epoch: int) -> dict[str, float]:
    """Mean loss and error in percent, under the names `<part>_loss` and `<part>_error`."""
    loss = float(losses.mean(dtype=np.float64))
    _check_finite(part, loss, epoch)
    return {f"{part}_loss": loss, f"{part}_error": 100 * float(1 - correct.mean(dtype=np.float64))}


def _check_finite(part: str, loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise Diverged(f"{part} loss is {loss} in epoch {epoch}; lower the learning rate or raise the warm-up")
