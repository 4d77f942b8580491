"""What looks best: objectives, the judge of splits, the damage of a bundle."""
