"""How an image is looked at when a network is tested: all of it as it is, or resized and the centre cropped."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from analysis.training import Training


@dataclass(frozen=True)
class View:
    """Images resized to `whole` pixels a side, of which the `side` in the centre are seen (Krizhevsky et al. 2012).

    The usual 224 of 256 is a crop ratio of 0.875. Touvron et al. (2019) see more pixels than were trained on.
    """

    side: int
    whole: int

    @classmethod
    def of(cls, training: Training, trained: int) -> "View":
        """What the recipe asks for; by default all of the image, at the side that is trained on."""
        return cls(*training.tested(trained))

    def __call__(self, images: Tensor) -> Tensor:
        """Bytes (N, C, H, W) as they are where there is nothing to do; else (N, C, side, side), floats if resized.

        Bilinear, widened where it shrinks so that every pixel counts, as Pillow resizes; channels last.
        """
        if images.shape[2:] != (self.whole, self.whole):
            size = (self.whole, self.whole)
            images = nn.functional.interpolate(images.float(), size, mode="bilinear", antialias=True)
        if self.side == self.whole:
            return images
        margin = (self.whole - self.side) // 2
        seen = images[:, :, margin : margin + self.side, margin : margin + self.side]
        return seen.contiguous(memory_format=torch.channels_last)
