"""A run of six steps."""

from vernier.training.recipe import Recipe

SHORT = Recipe(
    network="sesr-m3",
    scale=2,
    steps=6,
    batch=2,
    patch=16,
    warmup_steps=2,
    decay_steps=2,
    validation_photos=1,
    validate_every=3,
    shrink=(1.0,),
)
