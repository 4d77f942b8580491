"""What a report is made from, what is refused, and the geometry of what it draws."""

import re
import subprocess
import sys

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_comparisons import small_comparison, small_pictures

import vernier
from vernier.comparison.records import PlacedUnit, write_comparison
from vernier.errors import FileError, ImageError, MissingExtraError, UsageError
from vernier.report.answer import answered
from vernier.report.crops import MOST, RANDOM, spots, spread, windows
from vernier.report.findings import Findings, paired
from vernier.report.numbers import short, signed, ticks
from vernier.report.plot import Mark, plot
from vernier.report.strip import strip


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "out"
    made.mkdir()
    write_comparison(small_comparison(), made)
    small_pictures(made)
    return made


def test_nothing_is_run_for_it(folder, tmp_path):
    """By the command, in a process of its own: no engine and no PyTorch is even loaded."""
    page = tmp_path / "page.html"
    code = (
        "import sys\nfrom vernier.cli.main import app\n"
        f"app(['report', {str(folder)!r}, '-o', {str(page)!r}], standalone_mode=False)\n"
        "print(sorted({'torch', 'openvino', 'ai_edge_litert', 'onnxruntime'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second, loaded = done.stdout.splitlines()
    assert first.startswith(f"{page}: ")
    assert second.startswith("Split by layer, sesr-m3 x2 takes 9.50 ms instead of 20.0 ms: 2.1")
    assert loaded == "[]"
    again = vernier.report(folder, tmp_path / "again.html")
    assert again.path.read_bytes() == page.read_bytes(), "the same folder, the same page"


def test_what_is_in_the_way_stays(folder, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("precious")
    with pytest.raises(FileError, match="exists already"):
        vernier.report(folder, page)
    assert page.read_text() == "precious"
    vernier.report(folder, page, overwrite=True)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_cannot_be_a_report_is_refused(folder, tmp_path):
    page = tmp_path / "page.html"
    with pytest.raises(FileError, match=r"comparison\.json"):
        vernier.report(tmp_path, page)
    with pytest.raises(UsageError, match=r"expected a budget of 0\.5x, found '0\.9x'"):
        vernier.report(folder, page, budget="0.9x")
    with pytest.raises(UsageError, match=r"expected folder"):
        vernier.report(7, page)
    first = next((folder / "pictures").rglob("plan*.png"))
    first.write_bytes(first.with_name("low.png").read_bytes())
    with pytest.raises(ImageError, match="expected 96x64 pixels as its photo has, found 48x32"):
        vernier.report(folder, page)
    first.unlink()
    with pytest.raises(ImageError, match=first.name):
        vernier.report(folder, page)
    assert not page.exists()


def test_without_jinja_it_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"vernier-sr\[report\]"):
        vernier.report(folder, tmp_path / "page.html")


def test_numbers_alone_are_a_report(folder, tmp_path):
    """Without pictures, plans, budgets or scores there is less of a page, and no fault."""
    whole = small_comparison()
    bare = [
        msgspec.structs.replace(
            result,
            scored=tuple(msgspec.structs.replace(one, picture="") for one in result.scored),
        )
        for result in whole.results
    ]
    (folder / "comparison.json").unlink()
    write_comparison(msgspec.structs.replace(whole, results=tuple(bare)), folder)
    page = vernier.report(folder, tmp_path / "a.html").path.read_text(encoding="utf-8")
    assert 'id="table"' in page
    assert 'id="zoom"' not in page
    with pytest.raises(UsageError, match="to judge in pairs"):
        vernier.report(folder, tmp_path / "abx.html", abx=True)
    empty = msgspec.structs.replace(
        whole, results=(), budgets=(), complete=False, profitable=False, verdict=""
    )
    write_comparison(empty, folder)
    made = vernier.report(folder, tmp_path / "b.html")
    assert "dividing the network cannot pay here" in made.headline
    assert "Not all that was asked for is done yet" in made.path.read_text(encoding="utf-8")


def test_what_is_modelled_is_never_said_to_be_measured(folder, tmp_path):
    whole = small_comparison()
    modelled = tuple(
        msgspec.structs.replace(one, measured=None, modelled_ms=one.measured.median_ms)
        for one in whole.results
    )
    write_comparison(msgspec.structs.replace(whole, results=modelled), folder)
    made = vernier.report(folder, tmp_path / "page.html")
    assert "which are modelled: nothing was timed" in made.headline
    text = made.path.read_text(encoding="utf-8")
    assert "modelled, for 0.5x" in text
    assert "measured, for" not in text
    assert not re.search(r"\d ms measured|>measured time", text)


def test_names_are_no_markup(folder, tmp_path):
    """In the text, in what things say, and in the script's data."""
    name = "</script><script>alert(1)</script>"
    whole = small_comparison()
    methods = tuple(msgspec.structs.replace(one, title=name) for one in whole.methods)
    write_comparison(msgspec.structs.replace(whole, methods=methods), folder)
    for abx in (False, True):
        page = vernier.report(folder, tmp_path / f"{abx}.html", abx=abx).path
        text = page.read_text(encoding="utf-8")
        assert text.count("<script") == text.count("</script>") == 2
        assert "alert(1)" in text


def test_who_is_ahead_is_said_as_it_is():
    """The plan's 44 dB against a rival of 36 dB in time, one of 60 dB in time, and one late."""
    whole = small_comparison()
    plan, coarse = whole.of("plan", "0.5x"), whole.of("int8")
    methods, results = [*whole.methods], [*whole.results]
    for name, result, took_ms, more_db in (
        ("worse", coarse, 9.0, 0.0),
        ("better", plan, 9.9, 16.0),
        ("equal", plan, 19.0, 0.0),
        ("late", plan, 19.0, 9.0),
    ):
        methods.append(
            msgspec.structs.replace(whole.methods[2], name=name, title=name, kind="paper")
        )
        scored = [
            msgspec.structs.replace(one, to_float={"psnr": one.to_float["psnr"] + more_db})
            for one in result.scored
        ]
        results.append(
            msgspec.structs.replace(
                result,
                method=name,
                budget="0.5x",
                scored=tuple(scored),
                measured=msgspec.structs.replace(result.measured, median_ms=took_ms),
            )
        )
    changed = msgspec.structs.replace(whole, methods=tuple(methods), results=tuple(results))
    (standing,) = answered(Findings(changed)).standings
    found = {row.method: row for row in standing.rows}
    assert {name: row.verdict for name, row in found.items()} == {
        "worse": "ahead", "equal": "sooner", "better": "behind", "late": "late", "int8": "ahead",
    }  # fmt: skip
    assert found["equal"].sooner == "2.0x"
    assert found["late"].words == "it is late, and looks better"
    assert found["late"].time == "19.0 ms, late"
    assert found["worse"].by == "+8.00 (+8.00 to +8.00)"
    assert standing.line == (
        "At 0.5x the plan is ahead of 3 of 5; late, and looking no worse: late at 0.5x; behind "
        "better at 0.5x."
    )
    headline = answered(Findings(changed)).headline
    assert headline.endswith(" cores."), "9.9 ms are not sooner"
    sooner = [
        msgspec.structs.replace(one, measured=msgspec.structs.replace(one.measured, median_ms=9.0))
        if one.method == "better"
        else one
        for one in results
    ]
    changed = msgspec.structs.replace(changed, results=tuple(sooner))
    headline = answered(Findings(changed)).headline
    assert headline.endswith("But better at 0.5x is both sooner and better here.")


def test_the_interval_of_paired_differences_is_students():
    """Of many numbers of a normal distribution the bootstrap's is the textbook's."""
    values = np.random.default_rng(1).normal(0.3, 1, 400)
    found = paired(values.tolist())
    half = 1.96 * values.std(ddof=1) / 20
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.02)
    assert found.high == pytest.approx(values.mean() + half, abs=0.02)


def test_crops_lie_where_methods_differ_and_where_chance_says():
    rng = np.random.default_rng(0)
    same = rng.integers(0, 256, (60, 80, 3)).astype(np.uint8)
    other = same.copy()
    other[40:50, 30:40] ^= 255
    spreads = {("d", "a"): spread([same, other, same]), ("d", "b"): spread([same, same, same])}
    direct = np.stack([same, other, same]).astype(float).mean(axis=3).var(axis=0)
    assert np.allclose(spreads["d", "a"], direct)
    assert windows(direct, 20, 30)[7, 11] == pytest.approx(direct[7:27, 11:41].mean())
    found = spots(
        {key: one.shape for key, one in spreads.items()}, spreads.__getitem__,
        side=16, most=2, random=3, seed=5,
    )  # fmt: skip
    assert [spot.why for spot in found] == [MOST, MOST, RANDOM, RANDOM, RANDOM]
    first = found[0]
    assert first.photo == "a"
    assert first.top <= 40
    assert first.top + 16 >= 50
    assert first.left <= 30
    assert first.left + 16 >= 40
    assert found[1].photo == "b", "another photo, while there is one"
    for number, one in enumerate(found):
        for two in found[:number]:
            apart = abs(one.top - two.top) >= 16 or abs(one.left - two.left) >= 16
            assert one.photo != two.photo or apart


@given(
    st.lists(
        st.tuples(st.floats(0.01, 1e5), st.floats(-1e4, 1e4), st.text("ab ", max_size=12)),
        min_size=1,
        max_size=20,
    ),
    st.booleans(),
)
def test_everything_lies_in_the_drawing(places, higher):
    marks = [Mark(x, y, "plan", "circle", name, "", y - 1, y + 1, name) for x, y, name in places]
    drawn = plot(
        marks, width=380, height=400, x_title="", y_title="", higher=higher, limits=[(3.0, "a")]
    )
    for point in drawn.points:
        assert drawn.left <= point.x <= drawn.right
        assert drawn.top <= point.y <= drawn.bottom
    ordered = sorted(zip(marks, drawn.points, strict=True), key=lambda pair: pair[0].y)
    heights = [point.y for _, point in ordered]
    assert heights == sorted(heights, reverse=higher), "better is up"
    assert len(drawn.labels) <= len([mark for mark in marks if mark.label])


def test_the_front_is_what_no_other_beats():
    marks = [Mark(x, y, "", "star", "", "") for x, y in ((1, 1), (2, 3), (3, 2), (4, 4), (5, 4))]
    drawn = plot(marks, width=500, height=400, x_title="", y_title="")
    corners = {tuple(map(float, pair.split(","))) for pair in drawn.front.split()}
    on = [(mark.x, mark.y) for mark, one in zip(marks, drawn.points, strict=True)
          if (one.x, one.y) in corners]  # fmt: skip
    assert on == [(1, 1), (2, 3), (4, 4)]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_and_few(low, room):
    found = ticks(low, low + room)
    assert len(found) <= 7
    assert all(low - 1e-6 * room <= one <= low + room * (1 + 1e-6) for one in found)


def test_numbers_have_three_digits_that_count():
    assert [short(value) for value in (0, 1234.5, 12.34, 0.01234, -0.5)] == [
        "0", "1234", "12.3", "0.0123", "-0.500",
    ]  # fmt: skip
    assert signed(-2) == "\N{MINUS SIGN}2.00"
    assert signed(0) == "+0"


def test_a_layer_s_column_and_what_it_says():
    units = [
        PlacedUnit(
            name="first", processor="litert:cpu:int8", time_ms=2.0, switch_ms=0.25,
            sensitivity=-0.1, moved_to="litert:cpu:float32", flip_ms=1.5,
            flip_objective=0.1, int8_share=1.0,
        ),
        PlacedUnit(
            name="second", processor="litert:cpu:float32", time_ms=4.0, sensitivity=0.2,
            divided="channels", int8_share=0.25,
        ),
        PlacedUnit(name="third", processor="modelled", moved_to="", sensitivity=None),
    ]  # fmt: skip
    first, second, third = strip(units)
    assert (first.time, first.integer, first.switch, first.harmless) == (32.0, 32.0, "0.25", True)
    assert (second.time, second.integer, second.sensitivity) == (64.0, 16.0, 64.0)
    assert (third.style, third.time, third.sensitivity) == ("other", 0.0, 0.0)
    assert first.says.splitlines() == [
        "first on litert:cpu:int8: 2.00 ms, predicted",
        "Converting and handing over what it reads: 0.250 ms",
        "Alone in INT8 it changes the objective by \N{MINUS SIGN}0.100",
        "On litert:cpu:float32 instead: +1.50 ms for the whole, and it would look worse by 0.100",
    ]
    assert "divided by channels: 25 % of it in INT8" in second.says
