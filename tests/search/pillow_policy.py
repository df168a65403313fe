"""RandAugment's operations as the paper's code has them: an image at a time, by Pillow."""

import math

from PIL import Image, ImageEnhance, ImageFilter, ImageOps


def pillows(name: str, image: Image.Image, strength: float, sign: int) -> Image.Image:
    """What the paper's code does with Pillow."""
    factor, width, height = 1 + 0.9 * strength * sign, *image.size

    def moved(*numbers: float) -> Image.Image:
        return image.transform(image.size, Image.Transform.AFFINE, numbers, Image.Resampling.NEAREST)

    match name:
        case "_autocontrast":
            return ImageOps.autocontrast(image)
        case "_equalize":
            return ImageOps.equalize(image)
        case "_posterize":
            return ImageOps.posterize(image, 8 - round(4 * strength))
        case "_solarize":
            return ImageOps.solarize(image, math.ceil(255 * (1 - strength)))
        case "_brightness":
            return ImageEnhance.Brightness(image).enhance(factor)
        case "_colour":
            return ImageEnhance.Color(image).enhance(factor)
        case "_contrast":
            return ImageEnhance.Contrast(image).enhance(factor)
        case "_sharpness":
            return Image.blend(image.filter(ImageFilter.SMOOTH), image, factor)
        case "_sheared_x":
            return moved(1, 0.3 * strength * sign, 0, 0, 1, 0)
        case "_sheared_y":
            return moved(1, 0, 0, 0.3 * strength * sign, 1, 0)
        case "_translated_x":
            return moved(1, 0, math.trunc(150 / 331 * strength * sign * width), 0, 1, 0)
        case "_translated_y":
            return moved(1, 0, 0, 0, 1, math.trunc(150 / 331 * strength * sign * height))
        case "_rotated":
            return image.rotate(30 * strength * sign, Image.Resampling.NEAREST)
    raise AssertionError(name)
