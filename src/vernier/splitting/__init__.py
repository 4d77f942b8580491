"""Which unit goes where: budgets, searches, the learner, the front; no engine and no picture."""
