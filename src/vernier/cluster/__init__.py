"""Beyond one machine, on Ray: pictures and films as tasks, a journal, machines that are checked."""
