"""Fine-tuning: nearer to the float network on photos that were not trained on, or nothing."""

import numpy as np
import pytest
from PIL import Image

from vernier.errors import UsageError
from vernier.images.dead_leaves import dead_leaves
from vernier.networks.source import find_source
from vernier.planning.context import open_context
from vernier.planning.fine_tuning import fine_tuned
from vernier.planning.optimizing import profile_in, write_plan
from vernier.planning.planner import make_plan
from vernier.planning.request import Request
from vernier.planning.verification import judged_exported
from vernier.profiling.assembly import Subject
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import held_out_files, load_crops, load_final_crops
from vernier.quantization.ranges import Ranges
from vernier.splitting.budget import Budget
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
    profile = profile_in(folder / "p.json", subject, PROCESSORS, quick=True)
    locks = {profile.units[0].name: PROCESSORS[1], profile.units[-1].name: PROCESSORS[1]}
    request = Request(
        photos,
        Budget(40.0, "x"),
        objective=Objective.PSNR,
        locked=locks,
        photo_count=2,
        most=8,
    )
    context = open_context(request, source, subject, profile)
    plan = make_plan(context)
    return context, plan, photos


@pytest.fixture(scope="module")
def tuned(made):
    """The plan with its INT8 units trained for a short while."""
    context, plan, _ = made
    return fine_tuned(context, plan, Distillation(steps=60, batch=4, patch=24))


def test_photos_of_the_verdict_are_not_those_of_the_search(made):
    context, _, photos = made
    searched, kept = load_crops(photos, 2, 2), load_crops(photos, 2, 2, skip=1)
    assert not any(np.array_equal(a, b) for a in searched.pictures for b in kept.pictures)
    assert [path.name for path in held_out_files(photos, 2)] == ["1.png", "5.png"]
    np.testing.assert_array_equal(context.held_out.pictures, kept.pictures)
    with pytest.raises(UsageError, match="too few"):
        load_crops(photos, 2, 2, skip=8)
    (final,) = load_final_crops(photos, 2, 2)
    assert len(final.pictures) == 4
    for others in (searched, kept):
        assert not any(np.array_equal(a, b) for a in final.pictures for b in others.pictures)
    np.testing.assert_array_equal(context.final_crops[0].pictures, final.pictures)
    assert load_final_crops(photos, 2, 4) == ()
    assert [len(one.pictures) for one in load_final_crops(photos, 2, 1)] == [2, 6]


def test_it_comes_nearer_to_the_float_network_and_says_so(made, tuned):
    context, plan, _ = made
    better, judged = tuned
    assert "in 60 steps" in judged.fine_tuned
    assert plan.held_out is not None
    assert judged.held_out is not None
    assert judged.held_out.psnr_db > plan.held_out.psnr_db + 0.5
    assert judged.processors == plan.processors
    changed = [
        name
        for name, value in context.source.graph.constants.items()
        if not np.array_equal(value, better.source.graph.constants[name])
    ]
    of_integer_units = {
        name
        for unit, entry in zip(plan.units, context.profile.units, strict=True)
        if unit.processor.endswith(":int8")
        for op in context.source.graph.operators
        if op.output in entry.operators
        for name in op.inputs
    }
    assert changed
    assert set(changed) <= of_integer_units


def test_ranges_of_trained_weights_are_not_taken_for_the_network_s(made, tuned, tmp_path):
    context, plan, _ = made
    trained, better = tuned
    assert trained is not context
    write_plan(context, better, tmp_path, trained)
    assert Ranges.load(tmp_path / "ranges.json") == context.ranges
    assert Ranges.load(tmp_path / "ranges-int8.json") == trained.ranges
    again = judged_exported(
        trained.source, context.subject, plan.processors, trained.ranges, context.held_out,
        context.request.objective, context.guard, believed=context.source,
    )  # fmt: skip
    assert better.held_out is not None
    assert again.psnr_db == better.held_out.psnr_db


def test_what_does_not_help_is_not_kept(made):
    context, plan, _ = made
    same, judged = fine_tuned(context, plan, Distillation(steps=1, learning_rate=5.0, patch=24))
    assert same is context
    assert judged.fine_tuned.startswith("old weights kept")
    assert judged.held_out == plan.held_out
