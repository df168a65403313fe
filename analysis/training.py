"""How a network is trained: the part of a recipe that `--set` sets and a sweep may tune."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from analysis.bounds import Bounds, Count, check
from analysis.plain import PlainError


def is_teacher_file(teacher: str) -> bool:
    """Whether the words for a teacher are the path of its weights, which have its sentence with them."""
    return teacher.endswith(".safetensors")


@dataclass(frozen=True, kw_only=True)
class Training:
    """SGD with Nesterov momentum under a schedule with warm-up, and the tricks that go with it.

    A field that a later version adds changes nothing at its default: old recipes and keys stay what they are.
    Below every field: `[unit] What it is (the source).`
    """

    # Optimiser and schedule

    batch_size: Count = 128
    """[images] Those of one step."""

    lr: Annotated[float, Bounds(above=0)] = 0.4
    """Peak learning rate, for this batch size (between Goyal et al. 2017 and Page 2018)."""

    lr_batch: Annotated[int, Bounds(least=0, most=65_536)] = 0
    """[images] That `lr` is for, such as 256: the peak is lr × batch_size / lr_batch; 0: it is the peak as it stands
    (Goyal et al. 2017)."""

    momentum: Annotated[float, Bounds(least=0, below=1)] = 0.9
    """Of SGD, in Nesterov's form (Sutskever et al. 2013)."""

    weight_decay: Annotated[float, Bounds(least=0)] = 5e-4
    """On what `decay` says (Krogh & Hertz 1991)."""

    decay: Literal["weights", "all"] = "weights"
    """What decays: weights of convolutions and linear layers alone, or biases and norms as well (He et al. 2019)."""

    schedule: Literal["cosine", "one-cycle", "step"] = "cosine"
    """After the warm-up half a cosine, a line, or steps at milestones (Loshchilov & Hutter 2017; Smith 2018)."""

    milestones: tuple[float, ...] = (1 / 3, 2 / 3)
    """[shares of all steps] After which `step` lowers the rate: epochs 30 and 60 of 90 (He et al. 2016)."""

    step_factor: Annotated[float, Bounds(above=0, below=1)] = 0.1
    """What the rate is multiplied with at each milestone (He et al. 2016)."""

    warmup: Annotated[float, Bounds(least=0, most=1)] = 0.15
    """[share of all steps] In which the learning rate rises linearly (Goyal et al. 2017)."""

    # Loss and initialisation

    label_smoothing: Annotated[float, Bounds(least=0, below=1)] = 0.0
    """Probability that the label gives away, such as 0.1 (Szegedy et al. 2016)."""

    smoothing_over: Literal["all", "others"] = "all"
    """To all K classes, as PyTorch spreads it, or to the K - 1 others, as the Bag of Tricks does (He et al. 2019)."""

    zero_gamma: bool = True
    """The last norm of each residual branch starts at zero (Goyal et al. 2017)."""

    initialisation: Literal["he", "xavier"] = "he"
    """Of weights: N(0, 2 / fan-out), or uniform of variance 2 / (fan-in + fan-out)
    (He et al. 2015; Glorot & Bengio 2010)."""

    weights: str = ""
    """[FILE] That a network starts from, of itself or a narrower or shallower relative; empty: it is initialised
    (Chen et al. 2016)."""

    # Knowledge distillation

    teacher: str = ""
    """A network by name or sentence, which is trained first, or FILE.safetensors; empty: none (Hinton et al. 2015)."""

    teacher_weights: str = ""
    """[FILE] Of the teacher, which then is as its sentence says and is not trained; empty: it is trained first."""

    temperature: Annotated[float, Bounds(above=0)] = 20.0
    """What the teacher's and the student's logits are divided by (He et al. 2019)."""

    distillation: Annotated[float, Bounds(above=0)] = 1.0
    """Weight of the teacher's loss, temperature² times a cross-entropy, beside that of the labels (He et al. 2019)."""

    # Left out at random while training

    dropout: Annotated[float, Bounds(least=0, below=1)] = 0.0
    """[share of features] Dropped before the classifier (Srivastava et al. 2014)."""

    drop_block: Annotated[float, Bounds(least=0, below=1)] = 0.0
    """[share of a map] Dropped after the norms of the last two stages in squares of 3 x 3, such as 0.1, as ResNeSt does
    (Ghiasi et al. 2018)."""

    stochastic_depth: Annotated[float, Bounds(least=0, below=1)] = 0.0
    """Chance of the last residual branch to be left out, those before it in proportion, such as 0.2
    (Huang et al. 2016)."""

    # After the steps

    averaging: Annotated[float, Bounds(least=0, below=1)] = 0.0
    """[a step] Decay of the average of weights that is tested in their place, such as 0.999; 0: none
    (Polyak & Juditsky 1992; Tarvainen & Valpola 2017)."""

    norm_images: Annotated[int, Bounds(least=0, most=10**6)] = 0
    """[training images] From which batch norms take their statistics anew in the end; 0: they keep their own
    (Wu & Johnson 2021)."""

    test_resolution: Annotated[int, Bounds(least=0, most=10_000)] = 0
    """[pixels a side] Seen in testing; 0: as many as in training (Touvron et al. 2019)."""

    crop_ratio: Annotated[float, Bounds(above=0, most=1)] = 1.0
    """[of a side] The centre that is seen in testing, such as 0.875, which is 224 of 256 (Krizhevsky et al. 2012)."""

    fix_epochs: Annotated[int, Bounds(least=0, most=1_000)] = 0
    """[passes] At test_resolution in the end, in which classifier and batch norms alone are trained
    (Touvron et al. 2019)."""

    fix_lr: Annotated[float, Bounds(above=0)] = 0.01
    """Learning rate from which these passes fall to zero."""

    # Augmentation

    crop_padding: Annotated[int, Bounds(least=0, most=1024)] = 0
    """[pixels] Zeros around the image before a random crop; 0: no crop, best for few epochs (He et al. 2016)."""

    flip: bool = True
    """Half of the images are mirrored; false for digits; say it of your own images (Krizhevsky et al. 2012)."""

    crop_area: Annotated[float, Bounds(above=0, most=1)] = 1.0
    """[share of an image] The least that a random resized crop takes, such as 0.08; 1: none (Szegedy et al. 2015)."""

    jitter: Annotated[float, Bounds(least=0, most=1)] = 0.0
    """Brightness, contrast and saturation times 1 - jitter to 1 + jitter, such as 0.4 (He et al. 2019)."""

    pca_noise: Annotated[float, Bounds(least=0, most=1)] = 0.0
    """[standard deviations] Along the colours' principal components, such as 0.1 (Krizhevsky et al. 2012)."""

    randaugment: Annotated[int, Bounds(least=0, most=8)] = 0
    """[operations on every image] RandAugment's N, such as 2 (Cubuk et al. 2020)."""

    randaugment_magnitude: Annotated[float, Bounds(least=0, most=30)] = 9.0
    """[of 30] How strong these operations are: RandAugment's M (Cubuk et al. 2020)."""

    mixup: Annotated[float, Bounds(least=0, most=8)] = 0.0
    """α of the Beta from which two images' shares are drawn, such as 0.2; 0: none (Zhang et al. 2018)."""

    cutmix: Annotated[float, Bounds(least=0, most=8)] = 0.0
    """α of the Beta from which a cut's area is drawn, such as 1; 0: none (Yun et al. 2019)."""

    # The machine

    threads: Annotated[int, Bounds(least=1, most=1024)] = 1
    """[torch threads] Of one trial."""

    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Of activations; weights stay fp32, and the loss is scaled where that is fp16 (Micikevicius et al. 2018)."""

    compile: bool = False
    """torch.compile, which pays on a GPU."""

    def __post_init__(self) -> None:
        check(self)
        if self.crop_area < 1 and self.crop_padding:
            both = f"{self.crop_area:g} and crop_padding {self.crop_padding}"
            raise PlainError(f"crop_area: {both} are two crops; write crop_area = 1 or crop_padding = 0")
        if self.fix_epochs and not self.test_resolution:
            what = f"{self.fix_epochs} are at test_resolution, which is as in training"
            raise PlainError(f"fix_epochs: {what}; write test_resolution = 256 or fix_epochs = 0")
        if self.teacher_weights and not self.teacher:
            what = f"{self.teacher_weights[:60]!r} is of a network that no teacher names"
            raise PlainError(f"teacher_weights: {what}; write teacher = 'resnet50' or its sentence")
        rising = (0.0, *self.milestones, 1.0)
        if not all(low < high for low, high in pairwise(rising)):
            raise PlainError(f"milestones: {[*self.milestones]} do not rise between 0 and 1; write [0.5, 0.75]")
        if self.schedule == "step" and not self.warmup < rising[1]:
            raise PlainError(
                f"warmup: {self.warmup:g} of all steps is past the first milestone; write less than {rising[1]:.3g}"
            )

    @property
    def peak(self) -> float:
        """The highest learning rate, scaled linearly with the batch where `lr` is for another."""
        return self.lr * self.batch_size / self.lr_batch if self.lr_batch else self.lr

    @property
    def has_given_teacher(self) -> bool:
        """Whether the teacher has the weights of a file, and is not trained first."""
        return bool(self.teacher_weights) or is_teacher_file(self.teacher)

    def tested(self, trained: int) -> tuple[int, int]:
        """Pixels a side that are seen in testing, and of the image of which these are the centre."""
        side = self.test_resolution or trained
        return side, round(side / self.crop_ratio)
