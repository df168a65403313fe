"""What is done to batches of images before a network sees them; by hand, and as a recipe asks."""

from search.augment.augmentation import Augmentation
from search.augment.colour import Components, Normalisation, jittered
from search.augment.geometry import crop_and_flip, resized_crop
from search.augment.mixing import cutmix, mixup
from search.augment.policy import randaugment

__all__ = [
    "Augmentation",
    "Components",
    "Normalisation",
    "crop_and_flip",
    "cutmix",
    "jittered",
    "mixup",
    "randaugment",
    "resized_crop",
]
