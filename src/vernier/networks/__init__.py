"""Registry and loading; `architectures/`, one file per paper; `capture/`, a module as a graph."""
