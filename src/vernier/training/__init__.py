"""Data, recipes, the loop; distillation; losses for the eye."""
