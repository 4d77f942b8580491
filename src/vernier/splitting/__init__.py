"""Which units go where: the learner, the searches it is held against, and the Pareto front."""
