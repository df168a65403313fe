"""RandAugment's operations are Pillow's."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from PIL import Image

from search.augment import policy, randaugment
from tests.search.pillow_policy import pillows


def some(kind: str, side: int = 12, channels: int = 3) -> np.ndarray:
    """(H, W, C): noise, a dark ramp, or one colour."""
    rng = np.random.default_rng(0)
    match kind:
        case "noise":
            return rng.integers(0, 256, (side, side, channels), np.uint8)
        case "ramp":
            return np.broadcast_to(np.linspace(20, 90, side)[:, None, None], (side, side, channels)).astype(np.uint8)
        case _:
            return np.full((side, side, channels), 77, np.uint8)


NAMED = {one.__name__: one for one in policy.ALL if one}


def ours(name: str, image: np.ndarray, strength: float, sign: int) -> np.ndarray:
    batch = torch.from_numpy(image).permute(2, 0, 1)[None].clone()
    return (
        NAMED[name](batch, sign * strength if NAMED[name] in policy.DIRECTED else strength)[0].permute(1, 2, 0).numpy()
    )


@pytest.mark.parametrize("kind", ["noise", "ramp", "flat"])
@pytest.mark.parametrize(("magnitude", "sign"), [(0, 1), (9, 1), (9, -1), (17, 1), (30, -1), (30, 1)])
@pytest.mark.parametrize("name", sorted(set(NAMED) - {"_rotated"}))
def test_every_operation_is_pillows(name: str, magnitude: int, sign: int, kind: str) -> None:
    image, strength = some(kind), magnitude / 30
    expected = np.asarray(pillows(name, Image.fromarray(image), strength, sign), np.int16)
    found = ours(name, image, strength, sign).astype(np.int16)
    assert np.abs(found - expected).max() <= 2  # Pillow rounds downwards, and greys before they are mixed


@pytest.mark.parametrize("degrees", [-30, -6, 6, 30])
def test_images_are_turned_as_pillow_turns_them(degrees: int) -> None:
    """A slope in both directions, so that a pixel taken for its neighbour differs by three at most."""
    y, x = np.mgrid[0:40, 0:40]
    image = (60 + 2 * x + y).astype(np.uint8)
    turned = ours("_rotated", image[:, :, None], abs(degrees) / 30, np.sign(degrees))[:, :, 0].astype(int)
    expected = np.asarray(Image.fromarray(image).rotate(degrees, Image.Resampling.NEAREST), int)
    both = (turned > 0) & (expected > 0)
    assert np.abs(turned - expected)[both].max() <= 3
    assert ((turned > 0) == (expected > 0)).mean() > 0.99


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(0, 3), st.sampled_from([1, 3, 4]))
def test_every_image_has_so_many_operations(seed: int, count: int, channels: int) -> None:
    """A batch is what each of its images comes to alone, given the same draws."""
    rng = np.random.default_rng(seed)
    images = torch.from_numpy(rng.integers(0, 256, (7, channels, 6, 6), np.uint8))
    found = randaugment(images.clone(), count=count, magnitude=9.0, generator=torch.Generator().manual_seed(seed))
    generator, expected = torch.Generator().manual_seed(seed), images.clone()
    for _ in range(count):
        which, sign = (torch.randint(options, (7,), generator=generator) for options in (14, 2))
        for i in range(7):
            if operation := policy.ALL[int(which[i])]:
                direction = 2 * int(sign[i]) - 1 if operation in policy.DIRECTED else 1
                expected[i : i + 1] = operation(expected[i : i + 1], 0.3 * direction)
    assert found.equal(expected)


def test_every_operation_is_drawn_equally_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """And, where there are two, either of its directions."""
    images = torch.zeros(14_000, 1, 1, 1, dtype=torch.uint8)
    seen: Counter[tuple[str, float]] = Counter()

    def counting(operation: policy.Operation) -> policy.Operation:
        def counted(chosen: torch.Tensor, strength: float) -> torch.Tensor:
            seen[operation.__name__, strength] += len(chosen)
            return chosen

        return counted

    directed = [one.__name__ for one in policy.DIRECTED]
    watched = {one: counting(one) for one in policy.ALL if one}
    monkeypatch.setattr(policy, "ALL", (None, *watched.values()))
    monkeypatch.setattr(policy, "DIRECTED", tuple(watched[one] for one in policy.DIRECTED))
    randaugment(images, count=1, magnitude=9.0, generator=torch.Generator().manual_seed(0))
    expected = {(name, way): 500 for name in directed for way in (-0.3, 0.3)}
    expected |= {(name, 0.3): 1_000 for name in NAMED if name not in directed}
    assert seen.keys() == expected.keys()
    assert all(abs(seen[one] - number) < 5 * number**0.5 for one, number in expected.items())
