"""`explore space`: what it prints, what it writes, and how it ends."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from search.cli import main
from space import cost, parse
from space.spaces.space import space
from space.spaces.starters import starters
from tests.conftest import ROOT

SMALL = "C = {1|2|4}; conv_stem(8) > 1..3*basic({8|16}, grouped(C)) > basic({24|32}, grouped(C))/2"
COLUMNS = ["sentence", "params", "macs", "activations", "cio"]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["space", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def table(path: Path) -> pd.DataFrame:
    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".jsonl": lambda file: pd.read_json(file, lines=True)}
    return readers[path.suffix](path)


def holds(rows: pd.DataFrame) -> None:
    """Every row is a network with its costs."""
    assert list(rows.columns) == COLUMNS
    for row in rows.itertuples():
        traced = cost(parse(str(row.sentence)))
        assert (row.params, row.macs, row.activations, row.cio) == (
            traced.params,
            traced.macs,
            traced.activations,
            traced.cio,
        )


def test_without_words_it_lists_the_spaces_that_ship(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys)
    assert (code, err) == (0, "")
    assert {line.partition(":")[0] for line in out.splitlines() if ": " in line} >= set(starters())
    for starter in starters().values():
        assert starter.about in out
        assert starter.text.strip() in out
    for block in out.strip().split("\n\n"):
        assert str(space(block.partition("\n")[2])) == str(space(block.partition(":")[0]))


@pytest.mark.parametrize("name", starters())
def test_every_space_that_ships_has_networks_of_four_gigaflops(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, name, "count", "--budget", "4GFLOPs", "--json")
    document = json.loads(out)
    assert code == 0
    assert list(document) == ["space", "size", "budgets", "exact", "at_least", "at_most"]
    assert document["exact"]
    assert 0 < document["at_least"] == document["at_most"] < document["size"]
    assert document["budgets"] == [
        {"budget": "4GFLOPs", "measure": "macs", "low": 3_960_000_000, "high": 4_040_000_000}
    ]
    assert space(document["space"]) == space(name)


def test_a_count_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, SMALL, "count") == (0, "36 networks in the space\n", "")
    assert said(capsys, "conv_stem(8) > basic(8)", "count") == (0, "1 network in the space\n", "")
    code, out, _ = said(capsys, SMALL, "count", "--budget", "<=26Mparams", "--budget", "40MFLOPs", "--tolerance", "50%")
    number, _, rest = out.partition(" ")
    assert code == 0
    assert 0 < int(number) < 36
    assert rest == "within <=26Mparams and 40MFLOPs (20,000,000 to 60,000,000 macs), of 36 networks in the space\n"


def test_bounds_are_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    huge = "conv_stem(64) > " + " > ".join(["1..50*bottleneck(16..136/8, {64|96|128})/2"] * 6)
    code, out, _ = said(capsys, huge, "count", "--budget", "4GFLOPs")
    assert code == 0
    assert out.startswith("between ")
    assert " (bounds) within 4GFLOPs (3,960,000,000 to 4,040,000,000 macs), of " in out
    document = json.loads(said(capsys, huge, "count", "--budget", "4GFLOPs", "--json")[1])
    assert not document["exact"]
    assert document["at_least"] < document["at_most"] < document["size"] == (50 * 16 * 3) ** 6


@pytest.mark.parametrize("action", ["sample", "enumerate"])
def test_every_format_holds_the_same_networks(action: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = (SMALL, action, "--n", "20", "--budget", "<=1GFLOPs", *(("--seed", "3") if action == "sample" else ()))
    code, out, err = said(capsys, *words, "--json")
    rows = pd.DataFrame(json.loads(out))
    assert (code, err, len(rows)) == (0, "", 20)
    holds(rows)
    for suffix in ("jsonl", "csv", "parquet"):
        path = tmp_path / f"networks.{suffix}"
        assert said(capsys, *words, "--output", str(path)) == (0, f"20 networks in {path}\n", "")
        pd.testing.assert_frame_equal(table(path), rows, check_dtype=suffix != "jsonl")
    head, *lines = said(capsys, *words)[1].splitlines()
    assert head.split() == ["multiply-adds", "params", "activations", "CIO", "sentence"]
    assert [line.split(maxsplit=4)[4] for line in lines] == list(rows["sentence"])
    assert [int(line.split()[0].replace(",", "")) for line in lines] == list(rows["macs"])


def test_all_are_enumerated_in_order_of_the_first_budget(capsys: pytest.CaptureFixture[str]) -> None:
    everything = pd.DataFrame(json.loads(said(capsys, SMALL, "enumerate", "--json")[1]))
    assert len(everything) == everything["sentence"].nunique() == 36
    assert everything["macs"].is_monotonic_increasing
    budgets = ("--budget", ">=30000params", "--budget", "<=60MFLOPs")
    some = pd.DataFrame(json.loads(said(capsys, SMALL, "enumerate", "--json", *budgets)[1]))
    within = everything[(everything["params"] >= 30_000) & (everything["macs"] <= 60_000_000)]
    assert 0 < len(some) < 36
    assert set(some["sentence"]) == set(within["sentence"])
    assert some["params"].is_monotonic_increasing


def test_samples_are_ten_and_the_seed_decides_them(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("regnet", "sample", "--budget", "4GFLOPs", "--budget", "<=30Mparams", "--json")
    first, again, other = (said(capsys, *words, "--seed", seed)[1] for seed in ("0", "0", "1"))
    assert first == again != other
    rows = pd.DataFrame(json.loads(first))
    assert len(rows) == 10
    assert rows["macs"].between(3_960_000_000, 4_040_000_000).all()
    assert (rows["params"] <= 30_000_000).all()
    holds(rows)


def test_a_resolution_is_where_networks_are_costed(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(said(capsys, SMALL, "enumerate", "--resolution", "97", "--json")[1])
    assert len(rows) == 36
    assert all(row["macs"] == cost(parse(row["sentence"]), 97).macs for row in rows)


def test_a_seed_means_the_same_networks_in_any_process(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever order sets have there, and however many threads."""
    words = ["space", "regnet", "sample", "--budget", "400MFLOPs", "--n", "25", "--json"]
    here = said(capsys, *words[1:])[1]
    for environment in ({"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}, {"PYTHONHASHSEED": "2"}):
        command = [sys.executable, "-c", f"from search.cli import main; main({words!r})"]
        there = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=ROOT, env={"PATH": "", **environment}
        )
        assert there.stdout == here


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("folder", ["missing", "file"])
def test_what_cannot_be_written_is_one_line(
    suffix: str, folder: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / folder / f"networks.{suffix}"
    code, out, err = said(capsys, SMALL, "sample", "--output", str(path))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert str(path) in err


@pytest.mark.parametrize("words", [("--budget", "4TFLOPs"), ("--n", "0"), ("--seed", "x")])
def test_a_file_is_left_alone_where_nothing_is_to_be_written(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "networks.csv"
    path.write_text("precious\n")
    assert said(capsys, SMALL, "sample", "--output", str(path), *words)[0] == 2
    assert path.read_text() == "precious\n"


def test_ten_million_may_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, SMALL, "enumerate", "--n", "10000000")
    assert (code, len(out.splitlines())) == (0, 1 + 36)


def test_an_interrupted_file_can_be_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "networks.parquet"
    words = ["space", "resnext", "sample", "--n", "100000000", "--output", str(path)]
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; from search.cli import main; sys.exit(main({words!r}))"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 300
        while not (path.exists() and path.stat().st_size > 100_000) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert (process.returncode, err) == (130, "explore: interrupted\n")
    file = pq.ParquetFile(path)
    assert file.metadata.num_rows > 10_000
    holds(file.read_row_group(0).to_pandas().head(5))
