"""Draws the README's pictures from the committed runs; `make pictures`."""

from pathlib import Path

from analysis.figures import tradeoff, tradeoff_info
from analysis.record import Run

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    run = Run.open(ROOT / "runs" / "cardinality-4GFLOPs-resnet50-fashion-mnist-quick")
    figure = tradeoff(tradeoff_info(run.recipe, run.trials()))
    figure.write_image(ROOT / "docs" / "cardinality.svg", width=820, height=520)
