"""What the learner descends: a metric imitated by a network, and the objective that guards it."""
