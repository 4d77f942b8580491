"""What an NPU that is not here would take: a model of Arm's Ethos-N78, Vela for Ethos-U."""
