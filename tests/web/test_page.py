"""The page as people meet it: by touch, keyboard and screen reader, in two languages, installed."""

import io
import re

import numpy as np
import pytest
from browser import (
    ON_WASM,
    PHONE,
    axe_script,
    chromium,
    enlarge,
    faults,
    made_site,
    opened,
    png,
    result,
    settled,
)
from PIL import Image

from vernier.errors import UsageError
from vernier.web.certificate import lan_address, self_signed
from vernier.web.serving import serving


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web") / "site"
    made_site(["sesr-m3"], folder)
    return folder


@pytest.fixture(scope="module")
def photo(request):
    whole = Image.open(request.config.rootpath / "demo" / "chelsea.png").convert("RGB")
    return png(np.asarray(whole)[60:120, 100:180])


@pytest.fixture(scope="module")
def axe():
    return axe_script()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_no_fault_of_accessibility(browser, site, photo, axe, scheme, locale):
    with opened(browser, site, color_scheme=scheme, locale=locale) as page:
        assert settled(page) in ("Ready.", "就绪。")
        assert faults(page, axe) == {}
        enlarge(page, photo)
        assert page.locator("#result").is_visible()
        assert faults(page, axe) == {}
        enlarge(page, b"no picture")
        assert page.inner_text("#error")
        assert faults(page, axe) == {}
        page.goto(f"{page.address}profile.html")
        assert faults(page, axe) == {}


def test_nothing_is_wider_than_a_phone(browser, site, photo):
    with opened(browser, site) as page:
        settled(page)
        enlarge(page, photo)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for button in page.locator("button:visible, select:visible, a.button:visible").all():
            assert button.bounding_box()["height"] >= 44


def test_every_word_is_in_both_languages(browser, site, photo):
    with opened(browser, site, locale="zh-CN") as page:
        assert settled(page) == "就绪。"
        assert enlarge(page, photo).startswith("完成")
        assert page.get_attribute("html", "lang") == "zh-CN"
        page.select_option("#language", "en")
        assert page.inner_text("#status").startswith("Done")
        text = page.inner_text("main")
        assert not re.search(r"[\u4e00-\u9fff]", text)
        page.reload()
        assert settled(page) == "Ready."
        names = page.evaluate(
            """async () => {
              const { speak, texts } = await import('/app/texts.js');
              const shape = (o) => Object.entries(o).map(([k, v]) =>
                typeof v === 'object' ? [k, shape(v)] : [k, typeof v, String(v).length > 0]);
              const english = JSON.stringify(shape(texts));
              speak('zh');
              const chinese = (await import('/app/texts.js')).texts;
              return [english, JSON.stringify(shape(chinese)), chinese.pick];
            }"""
        )
        assert names[0] == names[1]
        assert names[2] == "选择图片"


def test_by_keyboard_alone(browser, site, photo):
    with opened(browser, site) as page:
        settled(page)
        order = []
        for _ in range(12):
            page.keyboard.press("Tab")
            order.append(page.evaluate("document.activeElement.id"))
        assert order[:6] == ["language", "pick", "take", "network", "processor", "format"]
        enlarge(page, photo)
        page.focus("#slider")
        before = page.evaluate("document.getElementById('before').style.clipPath")
        page.keyboard.press("ArrowRight")
        assert page.input_value("#slider") == "51"
        assert page.evaluate("document.getElementById('before').style.clipPath") != before
        zoom = "new DOMMatrix(document.getElementById('stage').style.transform).a"
        was = page.evaluate(zoom)
        page.focus("#zoom-in")
        page.keyboard.press("Enter")
        assert page.evaluate(zoom) == pytest.approx(1.5 * was)


def test_two_fingers_zoom(browser, site, photo):
    with opened(browser, site, has_touch=True, is_mobile=True) as page:
        settled(page)
        enlarge(page, photo)
        page.locator("#viewer").scroll_into_view_if_needed()
        box = page.locator("#viewer").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        zoom = "new DOMMatrix(document.getElementById('stage').style.transform).a"
        was = page.evaluate(zoom)
        touch = page.context.new_cdp_session(page)

        def fingers(kind, apart):
            points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
            touch.send(
                "Input.dispatchTouchEvent",
                {"type": kind, "touchPoints": [] if kind == "touchEnd" else points},
            )

        fingers("touchStart", 30)
        for apart in (40, 50, 60, 75, 90):
            fingers("touchMove", apart)
        fingers("touchEnd", 90)
        assert page.evaluate(zoom) == pytest.approx(3 * was, rel=0.1)


GIVE = """([bytes, how]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], 'given.png', { type: 'image/png' }));
  const event = how === 'paste'
    ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true })
    : new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_pasted_and_dropped(browser, site, photo, how):
    with opened(browser, site) as page:
        settled(page)
        page.evaluate(GIVE, [list(photo), how])
        page.locator("#status:text-matches('Done')").wait_for()
        assert page.get_attribute("#download", "download") == "given_x2.png"


def test_shared_by_another_app(browser, site, photo):
    """As Android posts it to the installed page, which need not be open."""
    with opened(browser, site) as page:
        settled(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        page.reload()
        settled(page)
        where = page.evaluate(
            """async (bytes) => {
              const form = new FormData();
              const file = new File([new Uint8Array(bytes)], 'a.png', { type: 'image/png' });
              form.append('picture', file);
              return (await fetch('./share', { method: 'POST', body: form })).url;
            }""",
            list(photo),
        )
        assert where == f"{page.address}?shared"
        page.goto(where)
        page.locator("#status:text-matches('Done')").wait_for()
        assert page.url == page.address
        page.reload()
        assert settled(page) == "Ready."


def test_it_can_be_installed(browser, site):
    """By Chromium's own judgement, and with icons of the sizes that the manifest says."""
    with opened(browser, site) as page:
        settled(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        page.reload()
        settled(page)
        session = page.context.new_cdp_session(page)
        manifest = session.send("Page.getAppManifest")
        assert manifest["errors"] == []
        found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # Playwright's contexts are incognito windows, which install nothing.
        assert [e["errorId"] for e in found if e["errorId"] != "in-incognito"] == []
    for side in (192, 512):
        content = (site / f"icon-{side}.png").read_bytes()
        assert Image.open(io.BytesIO(content)).size == (side, side)


def test_the_screen_stays_on_while_it_computes(browser, site, photo):
    with opened(browser, site) as page:
        settled(page)
        page.evaluate(
            """() => {
              window.locks = [];
              const request = navigator.wakeLock.request.bind(navigator.wakeLock);
              navigator.wakeLock.request = async (kind) => {
                const lock = await request(kind).catch((error) => ({ error, release() {} }));
                window.locks.push(lock);
                return lock;
              };
            }"""
        )
        assert enlarge(page, photo).startswith("Done")
        page.wait_for_timeout(100)
        states = page.evaluate("window.locks.map((lock) => lock.released ?? String(lock.error))")
        assert states == [True] or "NotAllowed" in str(states)


def test_the_result_is_handed_to_other_apps(browser, site, photo):
    """The system's dialog is not in a headless browser; what it would be given is looked at."""
    with opened(browser, site) as page:
        page.add_init_script(
            """navigator.canShare = ({ files }) => files.length === 1;
            navigator.share = async ({ files }) => {
              const content = new Uint8Array(await files[0].arrayBuffer());
              window.handed = [files[0].name, files[0].type, [...content]];
            };"""
        )
        page.reload()
        settled(page)
        assert page.locator("#share").is_hidden()
        assert enlarge(page, photo, "cat.png").startswith("Done")
        page.click("#share")
        # Playwright's own waiting evaluates text, which the page's security policy forbids.
        page.evaluate(
            "async () => { while (!window.handed) await new Promise((go) => setTimeout(go, 20)); }"
        )
        name, kind, content = page.evaluate("window.handed")
        assert (name, kind) == ("cat_x2.png", "image/png")
        assert bytes(content) == result(page)


def test_a_photo_is_taken(browser, site, photo):
    """On a phone the camera opens, of which a desktop makes a choice of files."""
    with opened(browser, site) as page:
        settled(page)
        with page.expect_file_chooser() as chosen:
            page.click("#take")
        assert chosen.value.element.get_attribute("capture") == "environment"
        chosen.value.set_files({"name": "IMG.png", "mimeType": "image/png", "buffer": photo})
        page.locator("#status:text-matches('Done')").wait_for()
        assert page.get_attribute("#download", "download") == "IMG_x2.png"


def test_over_the_network_once_the_certificate_is_accepted(browser, site, photo):
    try:
        host = lan_address()
    except UsageError:
        host = "127.0.0.2"  # in no network: another address of this machine
    with self_signed(host) as certificate, serving(site, host, certificate=certificate) as server:
        address = f"https://{host}:{server.server_address[1]}/{ON_WASM}"
        with browser.new_context() as wary, pytest.raises(Exception, match="ERR_CERT_AUTHORITY"):
            wary.new_page().goto(address)
        with browser.new_context(ignore_https_errors=True, viewport=PHONE) as going_on:
            page = going_on.new_page()
            page.goto(address)
            assert settled(page) == "Ready."
            assert page.evaluate("[isSecureContext, crossOriginIsolated]") == [True, True]
            assert enlarge(page, photo).startswith("Done")
