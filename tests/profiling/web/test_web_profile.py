"""A browser profiles itself, and a plan made of that runs in it: the loop closed, in Chromium."""

import queue
import threading

import numpy as np
import pytest
from browser import chromium, enlarge, made_site, opened, png, result, samples_of, settled
from PIL import Image

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import ProcessorError, UsageError
from vernier.planning.optimizing import optimize
from vernier.processors.discovery import find_processor
from vernier.profiling.assembly import Subject
from vernier.profiling.networks import profile
from vernier.profiling.profile import format_profile, load_profile
from vernier.profiling.web.device import WebDevice
from vernier.profiling.web.profiling import web_profile
from vernier.runtime.loading import placed
from vernier.runtime.planes import PlaneUpscaler
from vernier.units.cutting import Granularity
from vernier.web.bench import Bench, served_bench

PROCESSORS = ("web:wasm:float32", "web:wasm:int8")
SIZE = (24, 40)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def litert_js(tmp_path_factory):
    """What the page needs, or a skip."""
    made_site(["sesr-m3"], tmp_path_factory.mktemp("any") / "site")


@pytest.fixture(scope="module")
def profiled(browser, litert_js):
    """A profile that Chromium measured of itself."""
    graph = open_bundle(shipped_bundles("sesr-m3", 2)["float32"]).graph
    subject = Subject("sesr-m3", 2, graph, *SIZE, Granularity.LAYER)
    said: queue.Queue[str] = queue.Queue()
    found = {}

    def measure():
        try:
            found["profile"] = web_profile(subject, PROCESSORS, rounds=3, announce=said.put)
        except Exception as error:
            found["error"] = error

    thread = threading.Thread(target=measure)
    thread.start()
    address = said.get(timeout=60)
    page = browser.new_page()
    page.goto(address)
    while thread.is_alive():
        page.wait_for_timeout(100)
    assert "error" not in found, found["error"]
    assert page.inner_text("#status") == "All is measured. This page can be closed."
    page.close()
    return found["profile"]


def test_every_time_is_there(profiled):
    assert profiled.processors == PROCESSORS
    assert len(profiled.units) == 5
    for unit in profiled.units:
        assert {unit.times[name] is not None for name in PROCESSORS} == {True}
    assert {(s.source, s.target) for s in profiled.switches} == {PROCESSORS, PROCESSORS[::-1]}
    assert all(switch.conversion.ms > 0 for switch in profiled.switches)
    # A browser measures what benchmark_model cannot see.
    assert {switch.hand_over.rounds for switch in profiled.switches} != {0}


def test_it_says_what_was_measured(profiled):
    assert "Chrome" in profiled.machine.system
    assert profiled.machine.engines == {"LiteRT.js": "2.5.3"}
    assert set(profiled.settings.drift) == set(PROCESSORS)
    assert not profiled.modelled
    assert all(profiled.is_elsewhere(name) for name in PROCESSORS)


def test_a_plan_of_it_runs_in_the_browser(profiled, browser, request, tmp_path):
    (tmp_path / "phone.json").write_bytes(format_profile(profiled))
    known = load_profile(tmp_path / "phone.json")
    network = request.config.rootpath / "demo"
    # Locked, or noise would decide whether the plan has two processors.
    plan = optimize(
        "sesr-m3",
        "1000x",
        network,
        tmp_path / "plan",
        scale=2,
        profile=known,
        method="greedy",
        quick=True,
        photo_count=1,
        locked={"middle.1": "web:wasm:int8", "first": "web:wasm:float32"},
    )
    assert plan.measured_ms is None
    assert set(plan.processors) == set(PROCESSORS)
    bundle = open_bundle(tmp_path / "plan" / "bundle")
    made_site([tmp_path / "plan" / "bundle"], tmp_path / "site")
    photo = Image.open(network / "chelsea.png").convert("L").crop((100, 60, 160, 110))
    grey = np.asarray(photo)[:, :, None].repeat(3, 2)
    with opened(browser, tmp_path / "site", query="") as page:
        assert settled(page) == "Ready."
        ran = [line.split("\t")[:2] for line in page.locator("#tests tr").all_inner_texts()[1:]]
        assert ran == [[s.entry.processor, s.entry.processor] for s in bundle.segments]
        assert enlarge(page, png(grey)).startswith("Done")
        found = samples_of(result(page)).astype(float)

    def here(name):
        return find_processor(name.replace("web:wasm", "litert:cpu"))

    # The same parts here, on luma alone: of grey, luma is (16 + 219 grey) / 255.
    upscaler = PlaneUpscaler(bundle, placed(here, 1, False))
    large = upscaler((16 + 219 * grey[:, :, :1].astype(np.float32) / 255) / 255)
    upscaler.close()
    expected = np.clip((large[:, :, 0] * 255 - 16) / 219 * 255, 0, 255)
    assert np.abs(found.mean(axis=2) - expected).max() <= 1


def test_wrong_numbers_are_not_timed(browser, litert_js):
    """A page that answers something else than LiteRT computes."""
    graph = open_bundle(shipped_bundles("sesr-m3", 2)["float32"]).graph

    class OffByALittle(Bench):
        def ask(self, **job):
            answer = super().ask(**job)
            for output in answer.get("outputs", ()):
                output[7] += 0.01
            return answer

    with served_bench() as (bench, address):
        page = browser.new_page()
        page.goto(address)
        assert bench.wait(60)["threads"] >= 1
        bench.__class__ = OffByALittle
        done = {}

        def check():
            try:
                WebDevice(bench, {}).check(graph, "web:wasm:float32")
            except ProcessorError as error:
                done["error"] = str(error)

        thread = threading.Thread(target=check)
        thread.start()
        while thread.is_alive():
            page.wait_for_timeout(50)
        page.close()
    assert "numbers are wrong in this browser: run 1" in done["error"]


def test_a_page_that_nobody_opens_and_names_that_it_has_not():
    with pytest.raises(ProcessorError, match="nobody opened"):
        Bench().wait(0.01)
    for names in ((), ("litert:cpu:int8",), ("web:webgpu:int8",), PROCESSORS * 2):
        with pytest.raises(UsageError, match="expected one"):
            profile("sesr-m3", scale=2, size=SIZE, processors=names, device="web")
