"""Inputs and outputs are settled before any work starts."""

import os
from pathlib import Path

import pytest

from vernier.errors import ImageError, UsageError
from vernier.images.sources import expand_sources, passed_over, plan_jobs


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """photos/{a.jpg, b.PNG, c.gif, notes.txt, deep/a.jpg}, as the working folder's own."""
    monkeypatch.chdir(tmp_path)
    folder = Path("photos")
    (folder / "deep").mkdir(parents=True)
    for name in ("a.jpg", "b.PNG", "c.gif", "notes.txt", "deep/a.jpg"):
        (folder / name).write_bytes(b"-")
    return folder


def targets(jobs):
    return [str(job.target) for job in jobs]


def test_a_folder_gives_its_pictures_sorted(photos):
    assert [str(file) for file, _ in expand_sources(["photos"])] == [
        "photos/a.jpg",
        "photos/b.PNG",
        "photos/c.gif",
    ]


def test_a_folder_below_keeps_its_place(photos):
    jobs = plan_jobs(["photos"], "large", "_x2", recursive=True)
    assert targets(jobs) == [
        "large/a_x2.jpg",
        "large/b_x2.PNG",
        "large/c_x2.png",
        "large/deep/a_x2.jpg",
    ]
    assert [job.format for job in jobs] == ["JPEG", "PNG", "PNG", "JPEG"]
    assert not Path("large").exists()


def test_a_glob(photos):
    assert [str(file) for file, _ in expand_sources(["photos/*.[jg]*"])] == [
        "photos/a.jpg",
        "photos/c.gif",
    ]
    with pytest.raises(UsageError, match="no picture matches"):
        expand_sources(["photos/*.webp"])


def test_a_file_whose_name_looks_like_a_glob(photos):
    Path("photos/[a].jpg").write_bytes(b"-")
    assert [str(file) for file, _ in expand_sources(["photos/[a].jpg"])] == ["photos/[a].jpg"]


def test_beside_the_input_in_its_own_format(photos):
    assert targets(plan_jobs(["photos/a.jpg"], None, "_x2")) == ["photos/a_x2.jpg"]
    assert targets(plan_jobs(["photos/a.jpg"], None, "_x2", format_="WEBP")) == ["photos/a_x2.webp"]


def test_a_pattern(photos):
    jobs = plan_jobs(["photos"], "out/{name}-{scale}times.{ext}", "_x2")
    assert targets(jobs) == ["out/a-2times.jpg", "out/b-2times.PNG", "out/c-2times.png"]
    jobs = plan_jobs(["photos"], "{name}_x{scale}.webp", "_x1.5")
    assert targets(jobs) == ["a_x1.5.webp", "b_x1.5.webp", "c_x1.5.webp"]
    assert {job.format for job in jobs} == {"WEBP"}


def faults(jobs):
    return [job.fault for job in jobs]


def test_a_pattern_that_gives_two_inputs_one_name(photos):
    jobs = plan_jobs(["photos"], "x{scale}.png", "_x2")
    assert [job.fault is None for job in jobs] == [True, False, False]
    assert jobs[1].fault == "photos/b.PNG and photos/a.jpg would both become x2.png"


def test_streams(photos):
    (job,) = plan_jobs(["-"], "-", "_x2")
    assert (job.source, job.target, job.format) == (None, None, "PNG")
    (job,) = plan_jobs(["photos/a.jpg"], "-", "_x2")
    assert (job.target, job.format) == (None, "JPEG")
    with pytest.raises(UsageError, match="one picture"):
        plan_jobs(["photos"], "-", "_x2")
    with pytest.raises(UsageError, match="needs an output"):
        plan_jobs(["-"], None, "_x2")


def test_two_inputs_with_one_stem_are_told_apart(photos):
    Path("photos/a.webp").write_bytes(b"-")
    jobs = plan_jobs(["photos"], "large/", "_x2", format_="PNG")
    assert targets(jobs) == [
        "large/a.jpg_x2.png",
        "large/a.webp_x2.png",
        "large/b_x2.PNG",
        "large/c_x2.png",
    ]
    assert faults(jobs) == [None] * 4
    jobs = plan_jobs(["photos"], "{name}.tif", "_x2")
    assert targets(jobs)[:2] == ["a.jpg.tif", "a.webp.tif"]


def test_two_inputs_of_one_name_fail_alone(photos):
    first, second, third = plan_jobs(
        ["photos/a.jpg", "photos/deep/a.jpg", "photos/b.PNG"], "large/", "_x2"
    )
    assert (first.fault, third.fault) == (None, None)
    assert "photos/deep/a.jpg and photos/a.jpg would both become" in second.fault


@pytest.mark.parametrize("kind", ["itself", "symbolic", "hard", "dotted"])
def test_an_input_is_never_overwritten_even_when_overwriting_is_allowed(photos, kind):
    source = photos / "a.jpg"
    out = {"itself": "photos/a.jpg", "dotted": "photos/deep/../a.jpg"}.get(kind, "other.jpg")
    if kind == "symbolic":
        Path(out).symlink_to(source)
    elif kind == "hard":
        os.link(source, out)
    (job,) = plan_jobs(["photos/a.jpg"], out, "_x2", overwrite=True)
    assert "an input is never overwritten" in job.fault


def test_an_output_that_is_another_jobs_input(photos):
    Path("photos/a_x2.jpg").write_bytes(b"-")
    jobs = plan_jobs(["photos"], None, "_x2", overwrite=True)
    assert [job.fault is None for job in jobs] == [False, True, True, True]
    assert "never overwritten" in jobs[0].fault


def test_an_existing_output(photos):
    Path("out.png").write_bytes(b"-")
    (job,) = plan_jobs(["photos/a.jpg"], "out.png", "_x2")
    assert "exists already" in job.fault
    assert "--skip-existing" in job.fault
    assert faults(plan_jobs(["photos/a.jpg"], "out.png", "_x2", overwrite=True)) == [None]
    (job,) = plan_jobs(["photos/a.jpg"], "out.png", "_x2", skip_existing=True)
    assert (job.fault, job.is_there) == (None, True)


def test_going_on_beside_the_inputs_takes_no_output_for_an_input(photos):
    Path("photos/a_x2.jpg").write_bytes(b"-")
    jobs = plan_jobs(["photos"], None, "_x2", skip_existing=True)
    assert [(str(job.source), job.is_there) for job in jobs] == [
        ("photos/a.jpg", True),
        ("photos/a_x2.jpg", True),
        ("photos/b.PNG", False),
        ("photos/c.gif", False),
    ]


def test_what_is_missing_among_others_fails_alone(photos):
    done, missing = plan_jobs(["gone.jpg", "photos/a.jpg"], "large/", "_x2")
    assert (str(done.source), done.fault) == ("photos/a.jpg", None)
    assert missing.fault == "gone.jpg: no such file or folder"


def test_sidecars_and_what_is_no_picture_are_passed_over_and_said_so(photos):
    for name in ("._a.jpg", ".DS_Store", "Thumbs.db"):
        (photos / name).write_bytes(b"-")
    assert [file.name for file, _ in expand_sources(["photos"])] == ["a.jpg", "b.PNG", "c.gif"]
    assert [file.name for file, _ in expand_sources(["photos/*a.jpg"])] == ["a.jpg"]
    assert passed_over(["photos", "photos/a.jpg"]) == [
        "photos: passed over 4 files that are no picture (.DS_Store, ._a.jpg, Thumbs.db, ...)"
    ]
    # Named by itself, it is what the user wants.
    assert [file.name for file, _ in expand_sources(["photos/._a.jpg"])] == ["._a.jpg"]


def test_names_too_long_and_links_without_end_fail_alone(photos):
    long = "x" * 250 + ".png"
    Path("photos", long).write_bytes(b"-")
    Path("large").mkdir()
    Path("large/b_x2.PNG").symlink_to("b_x2.PNG")
    jobs = {job.source.name: job.fault for job in plan_jobs(["photos"], "large", "_x2")}
    assert jobs["a.jpg"] is None
    assert "too long" in jobs[long]
    assert "leads to itself" in jobs["b.PNG"]


@pytest.mark.parametrize(
    ("texts", "out", "match"),
    [
        (["nothing.jpg"], "out.png", "no such file or folder"),
        (["photos/deep/.."], None, None),
        (["photos/a.jpg"], "missing/out.png", "no such folder"),
        (["photos/a.jpg"], "photos/notes.txt/out.png", "no such folder|cannot be written"),
    ],
)
def test_folders_and_files_that_are_not_there(photos, texts, out, match):
    if match is None:
        assert len(plan_jobs(texts, out, "_x2")) == 3
    else:
        with pytest.raises(UsageError, match=match):
            plan_jobs(texts, out, "_x2")


def test_a_folder_without_pictures(photos):
    Path("empty").mkdir()
    with pytest.raises(UsageError, match="holds no pictures"):
        plan_jobs(["empty"], None, "_x2")


def test_an_ending_that_cannot_be_written(photos):
    with pytest.raises(ImageError, match=r"cannot write \.gif"):
        plan_jobs(["photos/a.jpg"], "out.gif", "_x2")


def test_a_folder_that_cannot_be_written_to(photos, monkeypatch):
    # By asking the system, as root may write to anything.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "deep")
    with pytest.raises(UsageError, match="deep: cannot be written to"):
        plan_jobs(["photos/a.jpg"], "photos/deep/out.png", "_x2")
    with pytest.raises(UsageError, match="deep: cannot be written to"):
        plan_jobs(["photos/a.jpg"], "photos/deep/new/", "_x2")
