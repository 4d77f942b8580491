"""The time of every unit and switch, as a file; a split's time from it; `phone/`, `kernel/`."""
