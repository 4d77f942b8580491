"""The operator graph: one descriptor per operator family, one builder, exact rewrites, halo."""
