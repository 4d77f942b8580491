/** One crop by every method; what is zoomed or moved in one is in all. */
const MOST_ZOOM = 16;
const STEP = 1.5;

class Zoom {
  /**
   * @param {HTMLElement} group that holds the panes
   * @param {Crop[]} crops
   */
  constructor(group, crops) {
    this.group = group;
    this.crops = crops;
    this.shown = 0;
    /** The middle of what is seen, as a share of the crop's width and height, and the zoom. */
    this.place = { x: 0.5, y: 0.5, zoom: 1 };
    /** @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    this.budget = /** @type {HTMLSelectElement} */ (at("zoom-budget"));
    this.budget.addEventListener("change", () => this.show(this.shown));
    for (const [number, one] of all("[data-crop]").entries()) {
      one.addEventListener("click", () => {
        this.place = { x: 0.5, y: 0.5, zoom: 1 };
        this.show(number);
      });
    }
    at("zoom-in").addEventListener("click", () => this.zoom(STEP));
    at("zoom-out").addEventListener("click", () => this.zoom(1 / STEP));
    at("zoom-reset").addEventListener("click", () => this.reset());
    const difference = /** @type {HTMLInputElement} */ (at("difference"));
    difference.addEventListener("change", () => {
      group.classList.toggle("differences", difference.checked);
    });
    group.addEventListener("keydown", (event) => this.key(event));
    group.addEventListener("pointerdown", (event) => this.down(event));
    group.addEventListener("pointermove", (event) => this.move(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      group.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    }
    group.addEventListener("dblclick", (event) => this.zoom(2, this.#spot(event)));
    group.addEventListener(
      "wheel",
      (event) => {
        // Without Ctrl (or two fingers on a touchpad, which browsers say as Ctrl) the page scrolls.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY / 200), this.#spot(event));
      },
      { passive: false },
    );
    this.show(0);
  }

  /** @param {number} number of a crop */
  show(number) {
    this.shown = number;
    const crop = this.crops[number];
    if (!crop) return;
    for (const [place, one] of all("[data-crop]").entries()) {
      one.setAttribute("aria-pressed", String(place === number));
    }
    at("crop-caption").textContent = crop.caption;
    const panes = [...crop.panes.common, ...(crop.panes.budgets[this.budget.value] ?? [])];
    const float = panes.find((pane) => pane.name === "float");
    this.group.replaceChildren(...panes.map((pane) => this.#pane(pane, float)));
    this.draw();
  }

  /**
   * @param {Pane} pane
   * @param {Pane | undefined} float what differences are taken to
   */
  #pane(pane, float) {
    const figure = document.createElement("figure");
    figure.dataset.method = pane.name;
    const window = document.createElement("div");
    window.className = "window";
    const stage = document.createElement("div");
    stage.className = "stage";
    const picture = document.createElement("img");
    picture.src = pane.picture;
    picture.alt = pane.title;
    picture.draggable = false;
    stage.append(picture);
    if (float) {
      const other = document.createElement("img");
      other.src = float.picture;
      other.alt = "";
      other.draggable = false;
      other.className = "float-picture";
      stage.append(other);
    }
    window.append(stage);
    const caption = document.createElement("figcaption");
    const title = document.createElement("strong");
    title.textContent = pane.title;
    const says = document.createElement("span");
    says.textContent = pane.says;
    caption.append(title, says);
    figure.append(window, caption);
    return figure;
  }

  /**
   * Where in a crop an event is, as shares; the middle of what is seen where it is in none.
   *
   * @param {MouseEvent} event
   */
  #spot(event) {
    const window = event.target instanceof Element && event.target.closest(".window");
    if (!window) return { x: this.place.x, y: this.place.y };
    const box = window.getBoundingClientRect();
    return {
      x: this.place.x + ((event.clientX - box.left) / box.width - 0.5) / this.place.zoom,
      y: this.place.y + ((event.clientY - box.top) / box.height - 0.5) / this.place.zoom,
    };
  }

  /**
   * @param {number} factor
   * @param {{x: number, y: number}} [spot] that stays where it is
   */
  zoom(factor, spot = this.place) {
    const zoom = Math.max(1, Math.min(MOST_ZOOM, this.place.zoom * factor));
    const ratio = this.place.zoom / zoom;
    this.place = {
      x: spot.x + (this.place.x - spot.x) * ratio,
      y: spot.y + (this.place.y - spot.y) * ratio,
      zoom,
    };
    this.draw();
  }

  reset() {
    this.place = { x: 0.5, y: 0.5, zoom: 1 };
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = 0.1 / this.place.zoom;
    /** @type {Record<string, () => void>} */
    const keys = {
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
      0: () => this.reset(),
      ArrowLeft: () => this.#by(-step, 0),
      ArrowRight: () => this.#by(step, 0),
      ArrowUp: () => this.#by(0, -step),
      ArrowDown: () => this.#by(0, step),
    };
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #by(x, y) {
    this.place.x += x;
    this.place.y += y;
    this.draw();
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (!(event.target instanceof Element && event.target.closest(".window"))) return;
    this.group.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.start = this.#spot(event);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const old = this.fingers.get(event.pointerId);
    const width = this.group.querySelector(".window")?.clientWidth;
    if (!old || !width) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, now);
    if (other) {
      const was = Math.hypot(old.x - other.x, old.y - other.y);
      const is = Math.hypot(now.x - other.x, now.y - other.y);
      if (was > 0) this.zoom(is / was, this.start);
    } else {
      const scale = width * this.place.zoom;
      this.#by((old.x - now.x) / scale, (old.y - now.y) / scale);
    }
  }

  draw() {
    const { zoom } = this.place;
    // What is seen stays inside the crop.
    const room = 0.5 / zoom;
    const x = (this.place.x = Math.max(room, Math.min(1 - room, this.place.x)));
    const y = (this.place.y = Math.max(room, Math.min(1 - room, this.place.y)));
    const to = `scale(${zoom}) translate(${(0.5 - x) * 100}%, ${(0.5 - y) * 100}%)`;
    for (const stage of all(".stage", this.group)) stage.style.transform = to;
    this.group.classList.toggle("zoomed", zoom > 1);
    at("zoom-says").textContent = `${zoom.toFixed(1)}x`;
  }
}
