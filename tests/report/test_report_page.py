"""The report in a real browser, from its file: read, heard, dragged, zoomed, judged blind."""

import base64
import html
import io
import json
import re
import shutil
import subprocess
from contextlib import contextmanager

import numpy as np
import pytest
from browser import PHONE, axe_script, chromium, faults
from computed_comparison import computed_comparison
from PIL import Image

from vernier.report.writing import MOST_BYTES, PAGE, report

TYPESCRIPT = "typescript@7.0.2"
DESKTOP = {"width": 1280, "height": 900}
PLACES = "[...document.querySelectorAll('#panes .stage')].map((one) => one.style.transform)"
ZOOM = "new DOMMatrix(getComputedStyle(document.querySelector('#panes .stage')).transform).a"
CUT = "document.querySelector('.left-picture').style.clipPath"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A comparison that was really made, and its folder."""
    folder = tmp_path_factory.mktemp("report") / "out"
    return computed_comparison(folder), folder


@pytest.fixture(scope="module")
def written(compared):
    return report(compared[1], compared[1].parent / "report.html")


@pytest.fixture(scope="module")
def blind(compared):
    return report(compared[1], compared[1].parent / "abx.html", abx=True)


@contextmanager
def opened(browser, written, **context):
    """The file itself, without any server; `page.errors` has what its console said."""
    place = browser.new_context(**{"viewport": DESKTOP, **context})
    page = place.new_page()
    page.errors, page.asked = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(written.path.as_uri())
    try:
        yield page
        assert page.errors == []
        others = [url for url in page.asked if not url.startswith("data:")]
        assert others == [written.path.as_uri()], "the page asks nobody"
    finally:
        place.close()


def fingers(page, kind, *points):
    page.touch = getattr(page, "touch", None) or page.context.new_cdp_session(page)
    found = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    page.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": found})


def test_one_small_file_that_holds_itself_to_it(written):
    text = written.path.read_text(encoding="utf-8")
    assert written.bytes == written.path.stat().st_size <= MOST_BYTES
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    policy = html.unescape(re.search(r'Security-Policy" content="([^"]*)"', text)[1])
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "layers &lt;in order&gt;" in text
    assert "layers <in order>" not in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_fault_of_accessibility(browser, written, blind, scheme, size):
    axe = axe_script()
    with opened(browser, written, color_scheme=scheme, viewport=size) as page:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.focus(".unit >> nth=0")
        assert faults(page, axe) == {}
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        grounds = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", grounds)[:3])) < 200) == (scheme == "dark")
    with opened(browser, blind, color_scheme=scheme, viewport=size) as page:
        assert faults(page, axe) == {}
        page.click("#choose-end")
        assert faults(page, axe) == {}
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_the_answer_is_first_and_its_numbers_are_the_file_s(browser, written, compared):
    comparison, _ = compared
    plan = comparison.of("plan", "0.5x")
    with opened(browser, written) as page:
        assert page.evaluate("document.querySelector('main').children[0].id") == "answer"
        assert page.inner_text(".headline") == written.headline
        assert float(page.inner_text(".facts dd >> nth=0").split()[0]) == pytest.approx(
            plan.measured.median_ms, rel=5e-3
        )
        assert comparison.machine.cpu in page.inner_text("#answer")
        assert "ahead of" in page.inner_text(".standing")
        rows = page.locator("#table tbody tr")
        assert rows.count() == len(comparison.results)
        assert "missing: no split is so fast" in page.inner_text("#table")
        heads = page.locator("#table thead th").all_inner_texts()
        column = next(n for n, head in enumerate(heads) if head.startswith("PSNR in dB to all-f"))
        cells = f"#table tbody td:nth-child({column + 1})"
        values = page.eval_on_selector_all(cells, "(all) => all.map((one) => one.dataset.value)")
        means = [
            mean.mean
            for result in comparison.results
            for mean in result.means
            if (mean.metric, mean.against) == ("psnr", "float")
        ]
        assert [float(value) for value in values if value] == means
        page.click(f"#table thead th:nth-child({column + 1}) button")
        order = page.eval_on_selector_all(cells, "(all) => all.map((one) => one.dataset.value)")
        assert [float(value) for value in order if value] == sorted(means)


def test_a_layer_says_what_flipping_it_costs(browser, written, compared):
    """On hover, on focus and on tap."""
    units = compared[0].of("plan", "0.5x").placement
    with opened(browser, written, has_touch=True) as page:
        assert page.locator(".strip:visible .unit").count() == len(units)
        strip, told = page.locator(".strip:visible .unit"), page.locator("#told-layers")
        strip.nth(1).hover()
        assert units[1].name in told.inner_text()
        assert f"On {units[1].moved_to} instead" in told.inner_text()
        page.mouse.move(0, 0)
        assert "No layer" in told.inner_text()
        strip.nth(0).focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        flip = units[2].flip_ms
        assert f"{abs(flip):.3g}"[:3] in told.inner_text()
        assert ("+" if flip > 0 else "\N{MINUS SIGN}") in told.inner_text()
        page.keyboard.press("Escape")
        strip.nth(3).tap()
        assert strip.nth(3).get_attribute("aria-pressed") == "true"
        page.keyboard.press("Shift+Tab")
        page.locator("h1").tap()
        assert units[3].name in told.inner_text(), "what was tapped stays"


def test_a_mark_says_its_method(browser, written):
    with opened(browser, written) as page:
        points = page.locator("#methods svg.wide:visible .point")
        assert points.count() >= 6
        points.last.focus()
        page.keyboard.press("Enter")
        assert points.last.get_attribute("aria-pressed") == "true"
        told = page.inner_text("#told-figure")
        assert "Vernier's plan at" in told
        assert " ms measured" in told
        shown = page.locator("#methods [data-group=figure]:visible")
        before = shown.get_attribute("data-choice")
        page.select_option("#methods select", index=2)
        assert shown.count() == 1
        assert shown.get_attribute("data-choice") != before


def test_the_slider_by_mouse_touch_and_keys(browser, written):
    with opened(browser, written, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        frame = page.locator("#before-after")
        frame.scroll_into_view_if_needed()
        box = frame.bounding_box()
        y = box["y"] + box["height"] / 2

        def place(share):
            return box["x"] + share * box["width"], y

        page.mouse.move(*place(0.5))
        page.mouse.down()
        page.mouse.move(*place(0.25), steps=3)
        page.mouse.up()
        assert float(page.input_value("#slider")) == pytest.approx(25, abs=1.5)
        assert page.evaluate(CUT).startswith("inset(0px 75%")
        page.mouse.move(*place(0.9))
        assert float(page.input_value("#slider")) == pytest.approx(25, abs=1.5), "let go"
        fingers(page, "touchStart", place(0.3))
        for share in (0.4, 0.6, 0.8):
            fingers(page, "touchMove", place(share))
        fingers(page, "touchEnd")
        assert float(page.input_value("#slider")) == pytest.approx(80, abs=1.5)
        page.focus("#slider")
        before = float(page.input_value("#slider"))
        page.keyboard.press("ArrowRight")
        assert float(page.input_value("#slider")) == pytest.approx(before + 1)
        assert page.evaluate(CUT).startswith(f"inset(0px {100 - before - 1:g}%")
        page.select_option("#slider-left", "bicubic")
        assert page.inner_text(".tag.left") == "bicubic"
        assert page.locator(".left-picture img:visible").get_attribute("alt") == "bicubic"


def test_the_zoom_stays_in_step(browser, written):
    with opened(browser, written, has_touch=True) as page:
        page.locator("#panes").scroll_into_view_if_needed()
        assert page.locator("#panes figure").count() == 7

        def in_step():
            places = page.evaluate(PLACES)
            assert len(set(places)) == 1
            return places[0]

        seen = [in_step()]
        page.click("#zoom-in")
        seen.append(in_step())
        assert page.evaluate(ZOOM) == pytest.approx(1.5)
        page.focus("#panes")
        page.keyboard.press("+")
        page.keyboard.press("ArrowLeft")
        seen.append(in_step())
        assert page.evaluate(ZOOM) == pytest.approx(2.25)
        window = page.locator("#panes .window").nth(1)
        window.scroll_into_view_if_needed()
        box = window.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 30, y + 20, steps=3)
        page.mouse.up()
        seen.append(in_step())
        page.keyboard.down("Control")
        page.mouse.wheel(0, -100)
        page.keyboard.up("Control")
        page.wait_for_function(f"{ZOOM} > 2.3")
        seen.append(in_step())
        was = page.evaluate(ZOOM)
        fingers(page, "touchStart", (x - 20, y), (x + 20, y))
        for apart in (24, 28, 32, 36, 40):
            fingers(page, "touchMove", (x - apart, y), (x + apart, y))
        fingers(page, "touchEnd")
        seen.append(in_step())
        assert page.evaluate(ZOOM) == pytest.approx(2 * was, rel=0.1)
        assert len(set(seen)) == len(seen)
        page.click("#zoom-reset")
        assert page.evaluate(ZOOM) == 1
        page.check("#difference")
        assert page.locator("#panes .float-picture:visible").count() == 7
        page.select_option("#zoom-budget", "0.7x")
        assert "Vernier's plan at 0.7x" in page.inner_text("#panes")
        page.click("[data-crop] >> nth=1")
        assert page.inner_text("#crop-caption").startswith("2.")
        assert in_step() == seen[0]


def test_crops_are_the_methods_own_pixels_and_say_why(browser, written, compared):
    comparison, folder = compared
    with opened(browser, written) as page:
        given = json.loads(page.inner_text("#given") or page.text_content("#given"))
    assert {crop["why"] for crop in given["crops"]} == {"most", "random"}
    for crop in given["crops"]:
        found = re.match(
            r"\d+\. (\w+) \(demo\), (\d+)x\2 pixels from column (\d+), row (\d+): (.*?);",
            crop["caption"],
        )
        photo, side, left, top = found[1], *map(int, found.groups()[1:4])
        assert found[5].endswith("random") == (crop["why"] == "random")
        (pane,) = [one for one in crop["panes"]["budgets"]["0.5x"] if one["name"] == "plan"]
        data = base64.b64decode(pane["picture"].partition(",")[2])
        shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        scored = comparison.of("plan", "0.5x").scored
        (path,) = [one.picture for one in scored if one.photo == photo]
        whole = np.asarray(Image.open(folder / path))
        assert np.array_equal(shown, whole[top : top + side, left : left + side])


def test_pairs_are_blind_and_counted(browser, blind):
    with opened(browser, blind, viewport=PHONE) as page:
        assert page.locator("#blind img").nth(0).evaluate("(one) => one.naturalWidth") > 0
        seen = page.inner_text("body")
        for name in ("plan", "INT8", "float", "patches", "in order"):
            assert name not in seen
        pictures = "[...document.querySelectorAll('#blind img')].map((one) => one.src)"
        first = page.evaluate(pictures)
        assert first[0] != first[1]
        page.keyboard.down("x")
        held = page.evaluate(pictures)
        assert held[0] == held[1] != first[0]
        page.keyboard.up("x")
        assert page.evaluate(pictures) == first
        page.click("#choose-a")
        page.click("#choose-back")
        assert page.evaluate(pictures) == first
        for key in "12" + "0" * (blind.pairs - 2):
            assert page.locator("#blind").is_visible()
            page.keyboard.press(key)
        assert page.locator("#blind-result").is_visible()
        saved = page.get_attribute("#blind-save", "href").partition(",")[2]
        answers = json.loads(page.evaluate("decodeURIComponent", saved))
        assert len(answers["answers"]) == blind.pairs
        chosen = [one["chosen"] for one in answers["answers"]]
        assert chosen[0] == answers["answers"][0]["first"]
        assert chosen[1] == answers["answers"][1]["second"]
        assert chosen.count("") == blind.pairs - 2
        counts = answers["counts"]
        assert sum(sum(one["counts"].values()) + one["same"] for one in counts) == blind.pairs
        assert page.locator("#blind-counts tr").count() == len(counts)


def test_the_script_s_types(tmp_path):
    """TypeScript checks every file of it by its JSDoc."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("no npx here (Debian: apt install npm)")
    words = [npx, "--yes", "-p", TYPESCRIPT, "tsc", "-p", str(PAGE / "tsconfig.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    if "npm error" in done.stderr.lower():
        pytest.skip("TypeScript cannot be fetched from npm here")
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0
