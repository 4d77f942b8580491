"""Fine-tuning: nearer to the float network on photos that were not trained on, or nothing."""

import numpy as np
import pytest
from PIL import Image

from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.networks.source import find_source
from vernier.planning.fine_tuning import fine_tuned
from vernier.planning.optimizing import Photographs, profiled, workshop, write_plan
from vernier.planning.planner import Order, make_plan
from vernier.planning.verification import judged_exported
from vernier.profiling.assembly import Subject
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import held_out_files, load_crops, load_final_crops
from vernier.quantization.ranges import Ranges
from vernier.splitting.budget import Budget
from vernier.splitting.problem import Constraints
from vernier.training.distillation import Distillation

PROCESSORS = ("litert:cpu:float32", "litert:cpu:int8")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuning")
    photos = folder / "photos"
    photos.mkdir()
    for seed in range(8):
        picture = np.rint(dead_leaves(96, 96, channels=3, seed=seed) * 255).astype(np.uint8)
        Image.fromarray(picture).save(photos / f"{seed}.png")
    source = find_source("sesr-m11-hw", 2)
    subject = Subject(source.name, 2, source.graph, 24, 32)
    profile = profiled(subject, PROCESSORS, folder / "p.json", quick=True)
    shop = workshop(
        source, profile, subject, Photographs(photos, 2), None, objective=Objective.PSNR
    )
    locks = {profile.units[0].name: PROCESSORS[1], profile.units[-1].name: PROCESSORS[1]}
    plan = make_plan(shop, Order(Budget(40.0, "x"), Constraints(locked=locks), most=8))
    return shop, plan, photos


def test_photos_of_the_verdict_are_not_those_of_the_search(made):
    shop, _, photos = made
    searched, kept = load_crops(photos, 2, 2), load_crops(photos, 2, 2, skip=1)
    assert not any(np.array_equal(a, b) for a in searched.pictures for b in kept.pictures)
    assert [path.name for path in held_out_files(photos, 2)] == ["1.png", "5.png"]
    np.testing.assert_array_equal(shop.held_out.pictures, kept.pictures)
    with pytest.raises(UsageError, match="too few"):
        load_crops(photos, 2, 2, skip=8)
    (final,) = load_final_crops(photos, 2, 2)
    assert len(final.pictures) == 4
    for others in (searched, kept):
        assert not any(np.array_equal(a, b) for a in final.pictures for b in others.pictures)
    np.testing.assert_array_equal(shop.final_crops[0].pictures, final.pictures)
    assert load_final_crops(photos, 2, 4) == ()
    assert [len(one.pictures) for one in load_final_crops(photos, 2, 1)] == [2, 6]


def test_it_comes_nearer_to_the_float_network_and_says_so(made):
    shop, plan, photos = made
    recipe = Distillation(steps=60, batch=4, patch=24)
    better, judged = fine_tuned(shop, plan, photos, recipe)
    assert "in 60 steps" in judged.fine_tuned
    assert plan.held_out is not None
    assert judged.held_out is not None
    assert judged.held_out.psnr_db > plan.held_out.psnr_db + 0.5
    assert judged.processors == plan.processors
    changed = [
        name
        for name, value in shop.source.graph.constants.items()
        if not np.array_equal(value, better.source.graph.constants[name])
    ]
    of_integer_units = {
        name
        for unit, entry in zip(plan.units, shop.profile.units, strict=True)
        if unit.processor.endswith(":int8")
        for op in shop.source.graph.operators
        if op.output in entry.operators
        for name in op.inputs
    }
    assert changed
    assert set(changed) <= of_integer_units


def test_ranges_of_trained_weights_are_not_taken_for_the_network_s(made, tmp_path):
    shop, plan, photos = made
    trained, better = fine_tuned(shop, plan, photos, Distillation(steps=60, batch=4, patch=24))
    assert trained is not shop
    write_plan(shop, better, tmp_path, trained)
    assert Ranges.load(tmp_path / "ranges.json") == shop.ranges
    assert Ranges.load(tmp_path / "ranges-int8.json") == trained.ranges
    again = judged_exported(
        trained.source, shop.subject, plan.processors, trained.ranges, shop.held_out,
        shop.objective, shop.guard, believed=shop.source,
    )  # fmt: skip
    assert better.held_out is not None
    assert again.psnr_db == better.held_out.psnr_db


def test_what_does_not_help_is_not_kept(made):
    shop, plan, photos = made
    same, judged = fine_tuned(
        shop, plan, photos, Distillation(steps=1, learning_rate=5.0, patch=24)
    )
    assert same is shop
    assert judged.fine_tuned.startswith("old weights kept")
    assert judged.held_out == plan.held_out
