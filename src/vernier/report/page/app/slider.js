/** Two pictures one over the other: moved by mouse, by finger, and by the keys of the slider below. */
class BeforeAfter {
  /** @param {HTMLElement} frame */
  constructor(frame) {
    this.frame = frame;
    this.left = /** @type {HTMLElement} */ (frame.querySelector(".left-picture"));
    this.line = /** @type {HTMLElement} */ (frame.querySelector(".divider"));
    this.slider = /** @type {HTMLInputElement} */ (at("slider"));
    this.slider.addEventListener("input", () => this.draw());
    frame.addEventListener("pointerdown", (event) => {
      frame.setPointerCapture(event.pointerId);
      this.move(event);
    });
    frame.addEventListener("pointermove", (event) => {
      if (frame.hasPointerCapture(event.pointerId)) this.move(event);
    });
    // The page has every picture once.
    const right = /** @type {HTMLImageElement[]} */ (all(".right-picture img", frame));
    for (const [number, one] of all(".left-picture img", frame).entries()) {
      /** @type {HTMLImageElement} */ (one).src = right[number]?.src ?? "";
    }
    for (const [id, side] of /** @type {const} */ ([["left", "left"], ["right", "right"]])) {
      const select = /** @type {HTMLSelectElement} */ (at(`slider-${id}`));
      select.addEventListener("change", () => this.show(side, select));
      this.show(side, select);
    }
    this.draw();
  }

  /** @param {PointerEvent} event */
  move(event) {
    const box = this.frame.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    this.slider.value = String(100 * Math.max(0, Math.min(1, share)));
    this.draw();
  }

  /**
   * Another method on one side.
   *
   * @param {"left" | "right"} side
   * @param {HTMLSelectElement} select
   */
  show(side, select) {
    for (const one of all(`.${side}-picture img`, this.frame)) {
      one.hidden = one.dataset.choice !== select.value;
    }
    const tag = this.frame.querySelector(`.tag.${side}`);
    if (tag) tag.textContent = select.selectedOptions[0]?.textContent ?? "";
  }

  draw() {
    const at = Number(this.slider.value);
    this.left.style.clipPath = `inset(0 ${100 - at}% 0 0)`;
    this.line.style.left = `${at}%`;
    this.slider.setAttribute("aria-valuetext", `${Math.round(at)} % from the left`);
  }
}
