"""The page in a real browser: its pictures are Python's, to the last bit."""

import io
import json
import re
import shutil

import numpy as np
import pytest
from browser import choose, chromium, enlarge, made_site, opened, png, result, samples_of, settled
from PIL import Image

import vernier
from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.bundles.shipped import FOLDER, shipped_bundles
from vernier.conversion.registry import find_method
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.graphs.graph import Quantization
from vernier.quantization.ranges import calibrate_picture_network
from vernier.runtime.tiles import cut_side
from vernier.units.cutting import cut
from vernier.units.split import Form

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
SHIPPED = sorted(FOLDER.glob("*/*"))
NAMES = [f"{path.parent.name}.{path.name}" for path in SHIPPED]
SMALL = ["split-segments", "split-fused", "sesr-m3-x2.float32", "sesr-m3-x2.int8"]
MOST_HEAP_BYTES = 400 << 20
LARGE = ("edsr-baseline-x2", "enet-x4", "rrdbnet-light-x4")
"""Networks that take seconds for what others compute in a moment."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def photo(request):
    """A part of the demo's photo, of odd sides."""
    whole = Image.open(request.config.rootpath / "demo" / "chelsea.png").convert("RGB")
    return np.asarray(whole)[60:123, 100:187]


@pytest.fixture(scope="module")
def splits(tmp_path_factory, photo):
    """A network split float, INT8, float, INT8, float: as segments, and fused into one file."""
    network = open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).graph
    units = cut(network)
    luma = photo.astype(np.float32).mean(axis=2)[None, :, :, None] / 255
    ranges = calibrate_picture_network(network, [luma])
    processors = [FLOAT, INT8, INT8, FLOAT, INT8, INT8, FLOAT]
    split = tuple(processors[: len(units)])
    folder = tmp_path_factory.mktemp("splits")
    for form in (Form.SEGMENTS, Form.FUSED):
        facts = network_facts(network, f"split-{form}", 2)
        made = export_split(network, facts, units, split, ranges, form=form)
        write_bundle(folder / str(form), made.manifest, made.models)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory, splits):
    """The splits, and one network in both precisions."""
    folder = tmp_path_factory.mktemp("web") / "site"
    made_site([splits / "segments", splits / "fused", "sesr-m3"], folder)
    return folder


@pytest.fixture(scope="module")
def page(browser, site):
    with opened(browser, site) as found:
        assert settled(found) == "Ready."
        yield found


def wanted(bundle, samples, processor=None):
    """What Python computes on LiteRT."""
    options = {} if processor is None else {"processor": processor}
    scale = open_bundle(bundle).manifest.network.scale
    return vernier.upscale(samples, scale, bundle=bundle, **options)


def fact(page, name):
    """A line of what the page says that ran."""
    return page.locator(f"dt:has-text('{name}') + dd").first.inner_text()


def test_every_shipped_network_gives_python_s_picture(browser, photo, tmp_path):
    made_site(SHIPPED, tmp_path / "site")
    with opened(browser, tmp_path / "site") as page:
        assert settled(page) == "Ready."
        assert [text.strip() for text in page.locator("#network option").all_inner_texts()] == NAMES
        different = {}
        for index, path in enumerate(SHIPPED):
            # Pictures of even and of odd sides are computed by other files.
            given = photo if index % 3 == 0 else photo[:62, :86]
            if path.parent.name in LARGE:
                given = given[: len(given) // 2, :44]
            assert choose(page, index) == "Ready."
            assert enlarge(page, png(given)).startswith("Done")
            expected = wanted(path, given, f"litert:cpu:{path.name}")
            different[NAMES[index]] = np.count_nonzero(samples_of(result(page)) != expected)
        assert different == dict.fromkeys(NAMES, 0)
        assert page.errors == []
        assert page.complaints == []


@pytest.mark.parametrize("index", [0, 1], ids=SMALL[:2])
def test_a_split_gives_python_s_picture(page, splits, photo, index):
    assert choose(page, index) == "Ready."
    for given in (photo[:62, :86], photo):
        assert enlarge(page, png(given)).startswith("Done")
        expected = wanted(splits / ("segments", "fused")[index], given)
        np.testing.assert_array_equal(samples_of(result(page)), expected)
    ran = page.locator("#steps tbody tr").all_inner_texts()
    kinds = [line.split("\t")[0] for line in ran]
    if index == 0:
        assert kinds == ["segment", "conversion"] * 4 + ["segment"]
        assert [line.split("\t")[1:3] for line in ran[:3]] == [
            [FLOAT, "web:wasm:float32"],
            ["", "web:js"],
            [INT8, "web:wasm:int8"],
        ]
    else:
        assert kinds == ["segment"]


def test_without_isolation_one_thread_gives_the_same(browser, site, photo):
    with opened(browser, site, isolated=False, service_workers="block") as page:
        assert settled(page) == "Ready."
        assert fact(page, "Isolated").startswith("no")
        assert fact(page, "Threads") == "1"
        assert enlarge(page, png(photo)).startswith("Done")
        first = samples_of(result(page))
    with opened(browser, site) as page:
        settled(page)
        assert fact(page, "Isolated") == "yes"
        assert enlarge(page, png(photo)).startswith("Done")
        np.testing.assert_array_equal(samples_of(result(page)), first)


def test_offline_after_one_visit_and_isolated_by_the_service_worker(browser, site, photo):
    with opened(browser, site, isolated=False) as page:
        settled(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        page.reload()
        settled(page)
        assert fact(page, "Isolated") == "yes"
        page.context.set_offline(True)
        page.reload()
        assert settled(page) == "Ready."
        assert enlarge(page, png(photo)).startswith("Done")


def test_float_parts_on_webgpu(page, splits, photo):
    """By way of a GPU in software, and conversions as shaders: within a rounding of Python's."""
    for index, bundle in ((0, splits / "segments"), (2, shipped_bundles("sesr-m3", 2)["float32"])):
        processor = None if index == 0 else FLOAT
        expected = wanted(bundle, photo, processor).astype(int)
        assert choose(page, index) == "Ready."
        for precision, most, part in (("float32", 1, 0.01), ("float16", 3, 1)):
            page.select_option("#processor", f"web:webgpu:{precision}")
            assert settled(page) == "Ready."
            assert fact(page, "Float parts on") == f"web:webgpu:{precision}"
            assert "WRONG" not in page.inner_text("#tests")
            assert enlarge(page, png(photo)).startswith("Done")
            apart = np.abs(samples_of(result(page)) - expected)
            assert apart.max() <= most
            assert (apart > 0).mean() <= part
            ran = [line.split("\t")[2] for line in page.locator("#steps tr").all_inner_texts()[1:]]
            if index == 0 and precision == "float32":
                gpu, shader = "web:webgpu:float32", "web:webgpu"
                assert ran == [gpu, shader, "web:wasm:int8", shader] * 2 + [gpu]
    page.select_option("#processor", "auto")
    assert settled(page) == "Ready."
    assert "web:webgpu:float32 is not used: right, but slower here" in page.inner_text("#passed")
    page.select_option("#processor", "web:wasm:float32")
    assert settled(page) == "Ready."
    assert page.errors == []


def test_a_gpu_of_wrong_numbers_is_moved_away_from(browser, site, photo, tmp_path):
    """A file of expected numbers that says something else stands for a GPU that computes it."""
    shutil.copytree(site, tmp_path / "site")
    first = json.loads((site / "site.json").read_text())["networks"][0]
    file = tmp_path / "site" / first["floats"]["tests_file"]
    content = bytearray(file.read_bytes())
    content[-101] ^= 0x40
    file.write_bytes(content)
    with opened(browser, tmp_path / "site", query="") as page:
        assert settled(page) == "Ready."
        assert fact(page, "Float parts on") == "web:wasm:float32"
        passed = page.inner_text("#passed")
        assert "web:webgpu:float32 is not used: it computes wrong numbers" in passed
        page.select_option("#processor", "web:webgpu:float32")
        assert settled(page) == "Ready."
        assert fact(page, "Float parts on") == "web:wasm:float32"
        assert "is not used" in page.inner_text("#passed")


DIRECT = """async ([network, bytes, budget]) => {
  const { Session } = await import('/app/session.js');
  const session = new Session();
  await session.open(network, 'web:wasm:float32', 2);
  const file = new Blob([new Uint8Array(bytes)]);
  const { blob, report } = await session.enlarge(file, 'png', budget, () => {}).answer;
  session.worker.terminate();
  return { bytes: [...new Uint8Array(await blob.arrayBuffer())], report };
}"""


MANY = """async ([network, bytes, count, budget]) => {
  const { Session } = await import('/app/session.js');
  const session = new Session();
  const { threads } = await session.open(network, 'web:wasm:float32', 2);
  const whole = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
  const cut = async (width, height) => {
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d').drawImage(whole, 0, 0);
    return canvas.convertToBlob();
  };
  const text = async ({ blob }) => String(new Uint8Array(await blob.arrayBuffer()));
  const ends = { done: 0, cancelled: 0 };
  const heaps = [];
  const results = new Set();
  for (let turn = 0; turn < count; turn++) {
    // Each size has chains of its own, whose threads begin and end.
    for (const [width, height] of [[whole.width, whole.height], [60 - (turn % 3), 40 + turn]]) {
      const file = await cut(width, height);
      let begun = () => {};
      const first = new Promise((resolve) => { begun = resolve; });
      const stops = turn % 3 === 1;
      const { id, answer } = session.enlarge(file, 'png', budget, () => begun());
      if (stops) {
        await first;
        session.cancel(id);
      }
      try {
        const found = await answer;
        ends.done++;
        if (width === whole.width) {
          results.add(await text(found));
          heaps.push(found.report.heap_bytes);
        }
      } catch (error) {
        if (error.name !== 'cancelled') throw error;
        ends.cancelled++;
      }
    }
  }
  session.worker.terminate();
  return { threads, ends, heaps, different: results.size };
}"""


def test_many_pictures_and_cancelling_leave_the_threads_as_they_were(page, site, photo):
    network = json.loads((site / "site.json").read_text())["networks"][0]
    budget = 48 * 48 * network["bytes_per_pixel"]
    found = page.evaluate(MANY, [0, list(png(photo)), 12, budget])
    assert found["threads"] == 2
    assert found["ends"]["done"] + found["ends"]["cancelled"] == 24
    assert found["ends"]["cancelled"] > 0
    assert found["different"] == 1
    assert max(found["heaps"]) == found["heaps"][1] or max(found["heaps"]) < MOST_HEAP_BYTES / 4


WITHOUT_RELAXED_SIMD = """
for (const name of ["validate", "instantiate"]) {
  const own = WebAssembly[name].bind(WebAssembly);
  WebAssembly[name] = (code, ...more) => {
    const asks = code.length < 64 && String(new Uint8Array(code)).endsWith("253,128,2,11");
    if (!asks) return own(code, ...more);
    return name === "validate" ? false : Promise.reject(new WebAssembly.CompileError("no"));
  };
}
"""


def test_without_relaxed_simd_it_runs_on_one_thread(browser, site, photo, tmp_path):
    """As in a browser that lacks it: LiteRT.js has another build for that, and no threads."""
    shutil.copytree(site, tmp_path / "site")
    worker = tmp_path / "site" / "app" / "worker.js"
    worker.write_text(WITHOUT_RELAXED_SIMD + worker.read_text())
    with opened(browser, tmp_path / "site", service_workers="block") as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        assert settled(page) == "Ready."
        assert (fact(page, "Isolated"), fact(page, "Threads")) == ("yes", "1")
        for index, most in ((2, 1), (3, 0)):
            assert choose(page, index) == "Ready."
            assert enlarge(page, png(photo)).startswith("Done")
            path = shipped_bundles("sesr-m3", 2)[("float32", "int8")[index - 2]]
            expected = wanted(path, photo, (FLOAT, INT8)[index - 2]).astype(int)
            apart = np.abs(samples_of(result(page)) - expected)
            assert apart.max() <= most
            assert (apart > 0).mean() < 1e-3
        assert any(url.endswith("litert_wasm_compat_internal.wasm") for url in asked)
        assert page.errors == []


@pytest.mark.parametrize("index", range(4), ids=SMALL)
def test_tiles_give_what_the_whole_does(page, site, photo, index):
    content = list(png(photo))
    network = json.loads((site / "site.json").read_text())["networks"][index]
    small = 40 * 40 * network["bytes_per_pixel"]
    whole = page.evaluate(DIRECT, [index, content, 1 << 30])
    tiled = page.evaluate(DIRECT, [index, content, small])
    assert whole["report"]["tiles"] == 1
    assert tiled["report"]["tiles"] > 3
    np.testing.assert_array_equal(
        samples_of(bytes(tiled["bytes"])), samples_of(bytes(whole["bytes"]))
    )


def test_what_is_loaded_finds_no_leavings(page):
    """Denormal numbers where weights are packed made a float part 60 times as slow (on x86)."""
    before, after, grown = page.evaluate(
        """async () => {
          const { litert } = await import('/app/wasm.js');
          const { forFree } = await import('/app/heap.js');
          const { settle } = await import('/app/settling.js');
          const site = await (await fetch('/site.json')).json();
          const { setup } = await settle(site.networks[0], 'web:wasm:float32', 1, false);
          const { liteRtWasm: wasm } = (await litert(1)).runtime;
          const left = 0x00010203;
          const count = () => {
            let found = 0;
            for (const word of new Uint32Array(wasm.HEAPU8.buffer)) found += word === left ? 1 : 0;
            return found;
          };
          const bytes = wasm.HEAPU8.length;
          forFree(wasm, (at, size) => new Uint32Array(wasm.HEAPU8.buffer, at, size / 4).fill(left));
          const before = count();
          const grown = wasm.HEAPU8.length - bytes;
          const chain = await setup.load(24, 36);
          const after = count();
          await chain.close();
          return [before, after, grown];
        }"""
    )
    assert before > 1 << 20
    assert after < 100  # of what is no float: small numbers in what the engine keeps
    assert grown == 0


def test_tiles_are_cut_as_python_cuts_them(page):
    cases = [(100, 40, 7, 1), (101, 50, 9, 2), (64, 64, 9, 1), (4000, 512, 15, 4), (20, 19, 9, 1)]
    for length, size, halo, step in cases:
        found = page.evaluate(
            "async (a) => (await import('/app/tiles.js')).cutSide(...a)",
            [length, size, halo, step],
        )
        expected = [vars(span) for span in cut_side(length, size, halo, step)]
        assert found == expected


def test_conversions_are_python_s(page):
    random = np.random.default_rng(7)
    scale, zero = np.float32(0.0173), -23
    reals = np.concatenate(
        [
            random.normal(0, 2, 5000).astype(np.float32),
            (np.arange(-300, 300) + np.float32(0.5)) * scale,
            np.array([np.inf, -np.inf, 0, -0.0, 3e38, 1e-40], np.float32),
        ]
    ).astype(np.float32)
    codes = Quantization(np.array([scale], np.float32), np.array([zero], np.int32))
    expected = np.empty(reals.shape, np.int8)
    find_method("arithmetic").prepare(reals, None, expected, codes).run()
    back = np.empty(reals.shape, np.float32)
    find_method("arithmetic").prepare(expected, codes, back, None).run()
    found = page.evaluate(
        """async ([bits, scale, zero_point]) => {
          const { quantize, dequantize } = await import('/app/convert.js');
          const reals = new Float32Array(new Uint32Array(bits).buffer);
          const codes = new Int8Array(reals.length);
          const kind = { dtype: 'int8', scale, zero_point };
          quantize(reals, codes, kind);
          const back = new Float32Array(reals.length);
          dequantize(codes, back, kind);
          return [[...codes], [...new Uint32Array(back.buffer)]];
        }""",
        [reals.view(np.uint32).tolist(), float(scale), zero],
    )
    np.testing.assert_array_equal(np.array(found[0]), expected)
    np.testing.assert_array_equal(np.array(found[1], np.uint32), back.view(np.uint32))


@pytest.fixture
def int8_page(page):
    assert choose(page, SMALL.index("sesr-m3-x2.int8")) == "Ready."
    return page


INT8_BUNDLE = shipped_bundles("sesr-m3", 2)["int8"]


def test_transparency(int8_page, photo):
    height, width = photo.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    alpha = np.clip(255 - 6 * np.hypot(x - 40, y - 30), 0, 255).astype(np.uint8)
    picture = np.dstack([photo, alpha])
    assert enlarge(int8_page, png(picture)).startswith("Done")
    found = samples_of(result(int8_page)).astype(int)
    expected = wanted(INT8_BUNDLE, picture, INT8).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found[:, :, 3] - expected[:, :, 3]).max() <= 1
    # WebGL gives the colours as they are in the file; only the spread under full transparency is
    # added up in another order.
    apart = np.abs(found - expected)[:, :, :3]
    assert apart[expected[:, :, 3] > 64].max() == 0
    assert (apart > 1).mean() < 1e-3


def test_a_grey_palette_and_a_jpeg_lying_on_its_side(int8_page, photo):
    grey = Image.fromarray(photo).convert("L")
    assert enlarge(int8_page, png(np.asarray(grey))).startswith("Done")
    expected = wanted(INT8_BUNDLE, np.asarray(grey.convert("RGB")), INT8)
    np.testing.assert_array_equal(samples_of(result(int8_page)), expected)
    content = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo).save(content, "JPEG", quality=95, subsampling=0, exif=exif)
    said = enlarge(int8_page, content.getvalue(), "on its side.jpg", "image/jpeg")
    assert said.startswith("Done")
    found = samples_of(result(int8_page)).astype(int)
    upright = np.asarray(Image.open(content).transpose(Image.Transpose.ROTATE_270))
    expected = wanted(INT8_BUNDLE, upright, INT8).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 1
    assert int8_page.get_attribute("#download", "download") == "on its side_x2.png"


def test_a_wide_gamut_comes_out_in_srgb(int8_page):
    """Display P3's red is outside of sRGB; its half-bright yellow is inside, and is converted."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    assert profile.profile is not None  # Pillow has LittleCMS
    adobe_like = Image.new("RGB", (12, 10), (90, 140, 60))
    content = io.BytesIO()
    adobe_like.save(content, "PNG", icc_profile=display_p3())
    assert enlarge(int8_page, content.getvalue()).startswith("Done")
    found = samples_of(result(int8_page)).reshape(-1, 3).mean(axis=0)
    srgb = ImageCms.profileToProfile(
        adobe_like,
        ImageCms.ImageCmsProfile(io.BytesIO(display_p3())),
        ImageCms.createProfile("sRGB"),
    )
    expected = np.asarray(srgb)[0, 0]
    assert np.abs(expected.astype(int) - (90, 140, 60)).max() > 5
    assert np.abs(found - expected).max() <= 2.5


def test_wrong_files_are_told_and_do_no_harm(int8_page, photo):
    for content in (b"", b"no picture", png(photo)[:200], b"\xff\xd8\xff\xe0" + bytes(50)):
        assert "cannot read that file" in enlarge(int8_page, content)
        assert int8_page.locator("#result").is_hidden()
    assert enlarge(int8_page, png(photo)).startswith("Done")
    assert int8_page.inner_text("#error") == ""


def test_pictures_of_a_few_pixels(int8_page):
    for height, width in ((1, 1), (1, 9), (2, 3), (5, 1)):
        samples = np.full((height, width, 3), (200, 90, 30), np.uint8)
        assert enlarge(int8_page, png(samples)).startswith("Done")
        found = samples_of(result(int8_page))
        assert found.shape == (2 * height, 2 * width, 3)


def test_twelve_megapixels_in_bounded_memory_and_cancelled(int8_page, photo):
    large = Image.fromarray(photo).resize((4000, 3000), Image.Resampling.BICUBIC)
    content = io.BytesIO()
    large.save(content, "JPEG", quality=90)
    int8_page.set_input_files(
        "#file", {"name": "12.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}
    )
    int8_page.locator("#status:text-matches('Tile [2-9]')").wait_for()
    meanwhile = int8_page.locator("#steps tbody tr").first.inner_text().split("\t")
    assert meanwhile[2] == "web:wasm:int8"
    assert float(meanwhile[3].replace(",", "")) > 0
    int8_page.click("#cancel")
    assert settled(int8_page) == "Cancelled."
    assert int8_page.locator("#working").is_hidden()
    assert enlarge(int8_page, content.getvalue(), "12.jpg", "image/jpeg").startswith("Done")
    heap = int(re.sub(r"\D", "", fact(int8_page, "WebAssembly"))) << 20
    assert heap < MOST_HEAP_BYTES
    size = int8_page.evaluate(
        """async () => {
          const file = await (await fetch(document.getElementById('download').href)).blob();
          const bitmap = await createImageBitmap(file);
          return [bitmap.width, bitmap.height];
        }"""
    )
    assert size == [8000, 6000]
    scripts = int8_page.evaluate("performance.memory.usedJSHeapSize")
    assert scripts < MOST_HEAP_BYTES


def test_wrong_numbers_are_refused_before_any_picture(browser, site, tmp_path):
    """A file of expected numbers that says something else stands for a device that computes it."""
    shutil.copytree(site, tmp_path / "site")
    first = json.loads((site / "site.json").read_text())["networks"][0]
    file = tmp_path / "site" / first["codes"]["tests_file"]
    content = bytearray(file.read_bytes())
    content[-100] ^= 0x40
    file.write_bytes(content)
    with opened(browser, tmp_path / "site") as page:
        assert "wrong numbers" in settled(page)
        assert "web:wasm:float32" in page.inner_text("#error")


def display_p3():
    """Display P3 as an ICC profile, made here: matrix, white point and sRGB's curve."""
    import struct

    def fixed(*values):
        return b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    def xyz(*values):
        return b"XYZ \0\0\0\0" + fixed(*values)

    # Adapted to D50, as profiles are (ICC.1:2022, annex E; SMPTE EG 432-1).
    tags = {
        b"desc": b"desc\0\0\0\0\0\0\0\x0bDisplay P3\0" + bytes(79),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.51512, 0.24120, -0.00105),
        b"gXYZ": xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": xyz(0.15710, 0.06657, 0.78407),
        b"cprt": b"text\0\0\0\0none\0",
    }
    curve = b"para\0\0\0\0\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        tags[name] = curve
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    header = bytearray(128)
    header[0:4] = struct.pack(">I", start + len(data))
    header[8:12] = b"\x04\0\0\0"
    header[12:24] = b"mntrRGB XYZ "
    header[36:40] = b"acsp"
    header[68:80] = fixed(0.9642, 1.0, 0.8249)
    return bytes(header) + table + data
