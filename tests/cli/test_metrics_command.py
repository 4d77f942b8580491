"""`vernier metrics` on files as people have them."""

import csv
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from vernier.images.dead_leaves import dead_leaves
from vernier.metrics.flip import flip
from vernier.metrics.ms_ssim import ms_ssim
from vernier.metrics.niqe import PristineModel, niqe, our_model
from vernier.metrics.planes import grey


@pytest.fixture(scope="module")
def scene():
    return np.round(dead_leaves(180, 200, seed=3) * 255).astype(np.uint8)


@pytest.fixture
def pair(scene, tmp_path):
    Image.fromarray(scene).save(tmp_path / "bird.png")
    Image.fromarray(scene).save(tmp_path / "bird_x2.jpg", quality=60)
    return tmp_path / "bird_x2.jpg", tmp_path / "bird.png"


def test_a_pair_as_json(vernier, pair):
    code, out, _ = vernier("metrics", *pair, "--json")
    found = json.loads(out)
    scores = found["pictures"][0]["scores"]
    assert code == 0
    assert found["on"] == "luma"
    assert list(scores) == ["psnr", "ssim", "ms_ssim", "gmsd", "piqe"]
    assert 25 < scores["psnr"] < 45
    assert 0.8 < scores["ssim"] < scores["ms_ssim"] < 1
    assert 0 < scores["gmsd"] < 0.1
    assert found["mean"] == pytest.approx(scores)


def test_psnr_on_rgb_is_that_of_the_samples(vernier, pair, scene):
    code, out, _ = vernier("metrics", *pair, "--json", "--on", "rgb", "-m", "psnr", "--crop", "7")
    decoded = np.asarray(Image.open(pair[0]))
    error = (decoded.astype(float) - scene)[7:-7, 7:-7]
    score = json.loads(out)["pictures"][0]["scores"]["psnr"]
    assert code == 0
    assert score == pytest.approx(10 * np.log10(255**2 / np.mean(error**2)))


def test_official_scores_are_of_the_planes_that_they_were_published_on(vernier, pair, scene):
    code, out, _ = vernier("metrics", *pair, "--json", "--official", "-m", "psnr", "-m", "ms-ssim")
    decoded = np.asarray(Image.open(pair[0]))
    error = decoded.astype(float) - scene
    found = json.loads(out)
    scores = found["pictures"][0]["scores"]
    assert (code, found["on"]) == (0, "official")
    assert scores["psnr"] == pytest.approx(10 * np.log10(255**2 / np.mean(error**2)))
    assert scores["ms_ssim"] == pytest.approx(ms_ssim(grey(decoded), grey(scene)))


def test_the_help_says_what_is_the_default(vernier):
    _, out, _ = vernier("metrics", "--help")
    text = " ".join(out.replace("│", " ").split())
    assert "luma (the default; what SR papers print)" in text
    assert "PSNR on rgb, SSIM and MS-SSIM on grey" in text


def test_flip_by_name(vernier, pair, scene):
    code, out, _ = vernier("metrics", *pair, "--json", "-m", "flip")
    planes = [
        torch.from_numpy(np.asarray(x) / np.float32(255)).permute(2, 0, 1)[None]
        for x in (Image.open(pair[0]), scene)
    ]
    assert code == 0
    assert json.loads(out)["pictures"][0]["scores"] == {
        "flip": pytest.approx(float(flip(*planes)), abs=1e-6)
    }


def test_niqe_with_a_model_of_somebody_else(vernier, pair, tmp_path):
    """BasicSR's names for the authors' parameters; here Vernier's own values under them."""
    own = our_model()
    stored = tmp_path / "niqe_pris_params.npz"
    np.savez(stored, mu_pris_param=own.mean[None] + 0.1, cov_pris_param=own.covariance)
    code, out, _ = vernier("metrics", pair[1], "--json", "-m", "niqe", "--niqe-model", stored)
    score = json.loads(out)["pictures"][0]["scores"]["niqe"]
    wanted = niqe(
        grey(np.asarray(Image.open(pair[1]))), PristineModel(own.mean + 0.1, own.covariance)
    )
    assert code == 0
    assert score == pytest.approx(wanted)
    assert score != pytest.approx(niqe(grey(np.asarray(Image.open(pair[1])))), abs=1e-3)


def test_equal_pictures_are_valid_json(vernier, pair):
    code, out, _ = vernier("metrics", pair[1], pair[1], "--json", "-m", "psnr", "-m", "ssim")
    found = json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
    assert code == 0
    assert found["pictures"][0]["scores"] == {"psnr": "inf", "ssim": pytest.approx(1.0)}


def test_without_a_reference(vernier, pair):
    code, out, _ = vernier("metrics", pair[1], "--json")
    assert code == 0
    assert list(json.loads(out)["pictures"][0]["scores"]) == ["piqe"]


def test_folders_are_paired_by_name(vernier, scene, tmp_path):
    for folder in ("results", "truth"):
        (tmp_path / folder).mkdir()
    for name in ("bird", "bird_x2", "head"):
        Image.fromarray(scene).save(tmp_path / "truth" / f"{name}.png")
    for name in ("bird_x2_x2.png", "bird_x3.png", "bird.webp", "head.png"):
        Image.fromarray(scene[::-1]).save(tmp_path / "results" / name)
    code, out, err = vernier("metrics", tmp_path / "results", tmp_path / "truth", "--json")
    pairs = {
        row["picture"].rpartition("/")[2]: row["reference"].rpartition("/")[2]
        for row in json.loads(out)["pictures"]
    }
    assert (code, err) == (0, "")
    assert pairs == {
        "bird.webp": "bird.png",
        "bird_x2_x2.png": "bird_x2.png",
        "bird_x3.png": "bird.png",
        "head.png": "head.png",
    }


def test_csv_and_table(vernier, pair, tmp_path):
    code, out, _ = vernier("metrics", *pair, "--csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert code == 0
    assert rows[0] == ["picture", "psnr", "ssim", "ms_ssim", "gmsd", "piqe"]
    assert all(float(score) > 0 for score in rows[1][1:])
    code, out, _ = vernier("metrics", *pair)
    assert code == 0
    assert f"{float(rows[1][1]):.4f}" in out


def test_grey_beside_colour_and_sixteen_bits(vernier, scene, tmp_path):
    grey = scene[:, :, 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(np.repeat(grey[:, :, None], 3, axis=2)).save(tmp_path / "rgb.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    for other in ("rgb.png", "deep.png", "grey.png"):
        code, out, _ = vernier("metrics", tmp_path / "grey.png", tmp_path / other, "--json")
        scores = json.loads(out)["pictures"][0]["scores"]
        assert code == 0
        assert scores["psnr"] == "inf" or scores["psnr"] > 120
        assert scores["ssim"] == pytest.approx(1.0)


def test_a_tiny_picture_has_the_scores_that_it_can(vernier, tmp_path):
    Image.fromarray(np.zeros((3, 20), np.uint8)).save(tmp_path / "tiny.png")
    code, out, _ = vernier("metrics", tmp_path / "tiny.png", tmp_path / "tiny.png", "--json")
    found = json.loads(out)["pictures"][0]
    assert code == 0
    assert found["scores"] == {"psnr": "inf", "piqe": 100.0}
    assert found["left_out"]["ssim"] == "needs 11x11 pixels, found 20x3"
    code, _, err = vernier("metrics", tmp_path / "tiny.png", tmp_path / "tiny.png")
    assert "no ms_ssim: it needs 161x161 pixels" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bird.png", "small.png"], "bird.png: expected two pictures of one size"),
        (["bird.png", "missing.png"], "missing.png: there is no such file"),
        (["missing.png"], "missing.png: no such file or folder"),
        (["note.png"], "note.png"),
        (["bird.png", "-m", "lpips"], "lpips compares with a reference"),
        (["bird.png", "-m", "vmaf"], "found vmaf"),
        (["bird.png", "bird.png", "--official", "--on", "luma"], "contradict each other"),
        (["bird.png", "-m", "niqe", "--niqe-model", "note.png"], "expected a model of NIQE"),
        (["bird.png", "-m", "ssim"], "ssim compares with a reference"),
        (["bird.png", "--crop", "90"], "nothing of 200x180 pixels is left"),
        (["bird.png", "--json", "--csv"], "choose one"),
        (["bird.png", "empty"], "two files or two folders"),
        (["empty"], "holds no pictures"),
        (["results", "truth"], "fish.png: no reference of this name"),
    ],
)
def test_bad_input_is_one_line_and_code_2(vernier, scene, tmp_path, monkeypatch, arguments, told):
    for folder in ("empty", "results", "truth"):
        (tmp_path / folder).mkdir()
    for name in ("bird.png", "truth/bird.png", "results/bird.png", "results/fish.png"):
        Image.fromarray(scene).save(tmp_path / name)
    Image.fromarray(scene[1:]).save(tmp_path / "small.png")
    (tmp_path / "note.png").write_text("not a picture")
    monkeypatch.chdir(tmp_path)
    code, out, err = vernier("metrics", *arguments)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert told in err
