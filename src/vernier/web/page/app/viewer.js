/** Before and after, one over the other: a slider between them, zoom by wheel, pinch or button. */

const MOST_ZOOM = 32;

export class Viewer {
  /**
   * @param {HTMLElement} frame
   * @param {HTMLInputElement} slider
   */
  constructor(frame, slider) {
    this.frame = frame;
    this.slider = slider;
    this.stage = /** @type {HTMLElement} */ (frame.querySelector("#stage"));
    this.line = /** @type {HTMLElement} */ (frame.querySelector("#line"));
    this.before = /** @type {HTMLCanvasElement} */ (frame.querySelector("#before"));
    this.after = /** @type {HTMLCanvasElement} */ (frame.querySelector("#after"));
    this.size = { width: 1, height: 1 };
    this.place = { x: 0, y: 0, zoom: 1 };
    /** @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    slider.addEventListener("input", () => this.draw());
    frame.addEventListener("pointerdown", (event) => this.down(event));
    frame.addEventListener("pointermove", (event) => this.move(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      frame.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    }
    frame.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
      },
      { passive: false },
    );
    new ResizeObserver(() => this.fit()).observe(frame);
  }

  /**
   * A new picture: the canvases get their sizes.
   *
   * @param {ImageBitmap} before
   * @param {number} width of the result
   * @param {number} height
   * @param {number} shown what part of it a preview's side has
   */
  begin(before, width, height, shown) {
    this.size = { width, height };
    this.before.width = Math.round(before.width);
    this.before.height = Math.round(before.height);
    this.before.getContext("2d")?.drawImage(before, 0, 0);
    this.after.width = Math.max(1, Math.round(width * shown));
    this.after.height = Math.max(1, Math.round(height * shown));
    this.fit();
  }

  /**
   * @param {ImageBitmap} strip
   * @param {number} row
   */
  add(strip, row) {
    this.after.getContext("2d")?.drawImage(strip, 0, row);
    strip.close();
  }

  /** The whole picture in the frame. */
  fit() {
    const { clientWidth, clientHeight } = this.frame;
    if (!clientWidth || !clientHeight) return;
    const { width, height } = this.size;
    const zoom = Math.min(clientWidth / width, clientHeight / height);
    this.least = zoom;
    this.place = { x: (clientWidth - width * zoom) / 2, y: (clientHeight - height * zoom) / 2, zoom };
    this.draw();
  }

  /** @param {PointerEvent} event */
  down(event) {
    this.frame.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  /** @param {PointerEvent} event */
  move(event) {
    const old = this.fingers.get(event.pointerId);
    if (!old) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const was = Math.hypot(old.x - other.x, old.y - other.y);
      const is = Math.hypot(now.x - other.x, now.y - other.y);
      if (was > 0) this.zoom(is / was, (now.x + other.x) / 2, (now.y + other.y) / 2);
    }
    const share = other ? 2 : 1;
    this.place.x += (now.x - old.x) / share;
    this.place.y += (now.y - old.y) / share;
    this.fingers.set(event.pointerId, now);
    this.draw();
  }

  /**
   * @param {number} factor
   * @param {number} [clientX] what stays where it is; the middle if absent
   * @param {number} [clientY]
   */
  zoom(factor, clientX, clientY) {
    const box = this.frame.getBoundingClientRect();
    const x = (clientX ?? box.left + box.width / 2) - box.left;
    const y = (clientY ?? box.top + box.height / 2) - box.top;
    const least = this.least ?? 1;
    const zoom = Math.max(least, Math.min(MOST_ZOOM * least, this.place.zoom * factor));
    const ratio = zoom / this.place.zoom;
    this.place = { x: x - (x - this.place.x) * ratio, y: y - (y - this.place.y) * ratio, zoom };
    this.draw();
  }

  draw() {
    const { x, y, zoom } = this.place;
    const { width, height } = this.size;
    this.stage.style.width = `${width}px`;
    this.stage.style.height = `${height}px`;
    this.stage.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    const at = (Number(this.slider.value) / 100) * this.frame.clientWidth;
    this.line.style.left = `${at}px`;
    const cut = Math.max(0, Math.min(width, (at - x) / zoom));
    this.before.style.clipPath = `inset(0 ${width - cut}px 0 0)`;
  }
}
