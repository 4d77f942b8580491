"""The folder of a comparison: what is written is read again, and what cannot be is refused."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from small_comparisons import small_comparison

from vernier.comparison.records import NAME, SCORES, TIMES, read_comparison, write_comparison
from vernier.errors import FileError


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_comparison(small_comparison(), tmp_path)
    found = read_comparison(tmp_path)
    assert found == small_comparison() == read_comparison(tmp_path / NAME)
    half = found.of("plan", "0.5x")
    assert half is not None
    assert half.budget == "0.5x"
    assert found.of("float", "0.5x") == found.of("float")
    assert found.of("plan", "0.3x") is None


def test_csv_has_every_score_and_every_time(tmp_path: Path) -> None:
    write_comparison(small_comparison(), tmp_path)
    with (tmp_path / SCORES).open(newline="") as file:
        scores = list(csv.DictReader(file))
    # 3 methods x 2 photos of PIQE and PSNR to the photo, two of them of PSNR to float's picture.
    assert len(scores) == 3 * 2 * 2 + 2 * 2
    (one,) = [
        row
        for row in scores
        if (row["method"], row["photo"], row["against"]) == ("plan", "woman", "float")
    ]
    assert (one["metric"], one["budget"], float(one["value"])) == ("psnr", "0.5x", 45.0)
    with (tmp_path / TIMES).open(newline="") as file:
        times = {row["method"]: row for row in csv.DictReader(file)}
    assert float(times["plan"]["budget_ms"]) == 10.0
    assert float(times["plan"]["median_ms"]) == 9.5
    assert times["float"]["energy_j"] == times["float"]["missing"] == ""


def _edited(tmp_path: Path, edit: Any) -> Path:
    write_comparison(small_comparison(), tmp_path)
    content = json.loads((tmp_path / NAME).read_text())
    edit(content)
    (tmp_path / NAME).write_text(json.dumps(content))
    return tmp_path


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda c: c.update(format=99), "reads up to"),
        (lambda c: c.update(extra=1), "not a comparison"),
        (lambda c: c["results"].append(c["results"][0]), "twice"),
        (lambda c: c["results"][0].update(method="sorcery"), "no method"),
        (lambda c: c["results"][0]["scored"][0].update(photo="ghost"), "no photo"),
        (lambda c: c["results"][0]["scored"][0].update(picture="../x.png"), "does not lie"),
        (lambda c: c["results"][0]["scored"][0].update(picture="/etc/x.png"), "does not lie"),
        (lambda c: c["results"][0]["measured"].update(median_ms=-1), "a time"),
        (lambda c: c["data_sets"][0]["photos"].append(c["data_sets"][0]["photos"][0]), "one name"),
        (lambda c: c["results"][0]["scored"][0]["alone"].update(beauty=1.0), "no metric"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(tmp_path: Path, edit: Any, said: str) -> None:
    with pytest.raises(FileError, match=said) as caught:
        read_comparison(_edited(tmp_path, edit))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
