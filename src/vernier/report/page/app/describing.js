/**
 * Things that say more of themselves on hover, on focus, and for good when tapped.
 *
 * An element with `data-says` below one with `data-tells="ID"` writes into `#ID`.
 */
class Describing {
  /** @param {HTMLElement} group */
  constructor(group) {
    this.place = at(group.dataset.tells ?? "");
    this.unsaid = this.place.innerHTML;
    /** @type {Element | null} */
    this.kept = null;
    this.things = [...group.querySelectorAll("[data-says]")];
    for (const one of this.things) {
      one.addEventListener("pointerenter", (event) => {
        if (/** @type {PointerEvent} */ (event).pointerType === "mouse") this.say(one);
      });
      one.addEventListener("pointerleave", () => this.say(this.kept));
      one.addEventListener("focus", () => this.say(one));
      one.addEventListener("blur", () => this.say(this.kept));
      one.addEventListener("click", () => this.keep(one));
      one.addEventListener("keydown", (event) =>
        this.key(/** @type {KeyboardEvent} */ (event), one),
      );
    }
  }

  /** @param {Element | null} one */
  say(one) {
    if (!one) {
      this.place.innerHTML = this.unsaid;
      return;
    }
    this.place.replaceChildren();
    for (const line of (one.getAttribute("data-says") ?? "").split("\n")) {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      this.place.append(paragraph);
    }
  }

  /** @param {Element} one */
  keep(one) {
    this.kept = this.kept === one ? null : one;
    for (const other of this.things) {
      other.setAttribute("aria-pressed", String(other === this.kept));
    }
    this.say(this.kept ?? one);
  }

  /**
   * Arrows go to the neighbours; a point of a plot is no button, so it gets its keys here.
   *
   * @param {KeyboardEvent} event
   * @param {Element} one
   */
  key(event, one) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) {
      const next = this.things[this.things.indexOf(one) + by];
      if (next instanceof HTMLElement || next instanceof SVGElement) next.focus();
      event.preventDefault();
    } else if (event.key === "Escape") {
      this.kept = one;
      this.keep(one);
      this.say(null);
    } else if (!(one instanceof HTMLButtonElement) && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      this.keep(one);
    }
  }
}
