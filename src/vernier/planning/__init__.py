"""A plan: searched, exported, timed, learned from, judged on held-out photos; fronts as files."""
