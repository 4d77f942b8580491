"""Pictures over HTTP: limits, a queue, worker processes, jobs, and what is told of them."""
