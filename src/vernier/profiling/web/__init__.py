"""Profiles of a browser, a phone's for instance: its page times files, the rest is done here."""
