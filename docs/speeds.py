"""How fast the candidates of the radix plane are; `python -m docs.speeds` measures and writes speeds.csv."""

from pathlib import Path

import pandas as pd

from docs.study import committed
from search.latency import measured_in_turn
from space import parse, trace

HERE = Path(__file__).parent
BATCH = 8

if __name__ == "__main__":
    settings = committed("radix").recipe.settings
    seconds = measured_in_turn([trace(parse(one.sentence)) for one in settings], "cpu", BATCH)
    names = [one.setting for one in settings]
    table = pd.DataFrame({"setting": names, "images_per_second": BATCH / seconds})
    table.to_csv(HERE / "speeds.csv", index=False, float_format="%.4g")
