import msgspec
import numpy as np
import pytest
import torch
from short_recipe import SHORT

from vernier.errors import TrainingError
from vernier.metrics.lpips import Backbone, convolutions
from vernier.networks.architectures.block_styles import STYLES, restyle
from vernier.networks.architectures.linear_block import collapse
from vernier.networks.architectures.sesr import Sesr
from vernier.networks.architectures.srcnn import Srcnn
from vernier.training.adversarial import Critic, relativistic, texture_difference
from vernier.training.collapsing import collapse_run
from vernier.training.loop import train
from vernier.training.recipe import Adversarial
from vernier.training.vgg_losses import VggLosses

AGAINST = Adversarial(begins_at=3, width=4)
RUN = msgspec.structs.replace(SHORT, network="srvgg-16", adversarial=AGAINST)


def test_an_interrupted_adversarial_run_ends_as_an_unbroken_one(photos, tmp_path):
    whole = train(RUN, photos, tmp_path / "whole")
    train(RUN, photos, tmp_path / "broken", stop_after_steps=4)
    resumed = train(RUN, photos, tmp_path / "broken")
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name


def test_the_discriminator_takes_part_from_its_step_on(photos, tmp_path):
    early = msgspec.structs.replace(RUN, adversarial=Adversarial(begins_at=100, width=4))
    alone = train(early, photos, tmp_path / "early")
    against = train(RUN, photos, tmp_path / "against")
    assert any(not torch.equal(alone[name], against[name]) for name in alone)


def test_a_discriminator_learns_to_tell_noise_from_flat_pictures():
    torch.manual_seed(0)
    critic = Critic(Adversarial(begins_at=0, width=8, learning_rate=2e-3), 3)
    flat = torch.rand(8, 3, 1, 1).expand(8, 3, 32, 32).contiguous()
    noise = torch.rand(8, 3, 32, 32)
    first = critic.learn(noise, flat)
    for _ in range(40):
        last = critic.learn(noise, flat)
    assert last < 0.3 * first
    # Being taken for real is what the loss rewards.
    assert critic.loss(flat, flat) < critic.loss(noise, flat)


def test_the_loss_of_a_perfect_picture_is_that_of_equal_logits():
    torch.manual_seed(0)
    critic = Critic(Adversarial(begins_at=0, adversarial=1.0, feature=1.0, texture=1.0), 1)
    real = torch.rand(2, 1, 32, 32)
    logits, _ = critic.network.eval()(real)
    assert critic.loss(real, real).item() == pytest.approx(
        relativistic(logits, logits).item(), 1e-5
    )


def test_texture_knows_statistics_and_not_places():
    rng = torch.Generator().manual_seed(0)
    real = torch.randn(1, 4, 8, 8, generator=rng)
    turned = real.flip(3)
    assert texture_difference([real], [real]).item() == 0
    # One piece of 8 features a side at the first stage: mirrored, its Gram matrix is the same.
    assert texture_difference([turned], [real]).item() == pytest.approx(0, abs=1e-10)
    assert texture_difference([2 * real], [real]).item() == pytest.approx(9, rel=1e-4)


def test_grams_against_numpy():
    made, real = torch.randn(2, 1, 3, 8, 16).unbind()
    flat = [f[0].reshape(3, 8, 2, 8).numpy().astype(np.float64) for f in (made, real)]
    one, other = (np.einsum("chpw,dhpw->pcd", f, f) / 64 for f in flat)
    found = texture_difference([made], [real]).item()
    assert found == pytest.approx(np.mean((one - other) ** 2) / np.mean(other**2), rel=1e-5)


def vgg(seed=0):
    """Weights of VGG-16's shapes; what they are does not matter to how losses are put together."""
    generator = torch.Generator().manual_seed(seed)
    widths = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
    weights, channels = {}, 3
    for name, width in zip(convolutions(Backbone.VGG), widths, strict=True):
        scale = (2 / (9 * channels)) ** 0.5
        weights[f"{name}.weight"] = scale * torch.randn(width, channels, 3, 3, generator=generator)
        weights[f"{name}.bias"] = 0.1 * torch.randn(width, generator=generator)
        channels = width
    return weights


def plain_vgg(weights, pictures):
    """torchvision's stack by PyTorch's own modules: what each convolution gives, by its name."""
    mean, deviation = (
        torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    x, found = (pictures - mean) / deviation, {}
    for name in convolutions(Backbone.VGG):
        x = torch.nn.functional.conv2d(
            x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1
        )
        found[name] = x
        x = torch.relu(x)
        if name in ("features.2", "features.7", "features.14", "features.21"):
            x = torch.nn.MaxPool2d(2)(x)
    return found


def test_vgg_losses_by_hand():
    weights = vgg()
    made, real = torch.rand(2, 2, 3, 32, 48, generator=torch.Generator().manual_seed(1)).unbind()
    one, other = plain_vgg(weights, made), plain_vgg(weights, real)
    feature, texture = VggLosses("esrgan", weights)(made, real)
    last = "features.28"
    assert feature.item() == pytest.approx(
        ((one[last] - other[last]).abs().mean() / other[last].abs().mean()).item(), rel=1e-3
    )
    terms = []
    for name, side in (("features.0", 16), ("features.5", 8), ("features.10", 4)):
        grams = []
        for maps in (one[name].relu(), other[name].relu()):
            pieces = maps.unfold(2, side, side).unfold(3, side, side)
            grams.append(torch.einsum("ncyxij,ndyxij->nyxcd", pieces, pieces) / side**2)
        terms.append(((grams[0] - grams[1]) ** 2).mean() / (grams[1] ** 2).mean())
    assert texture.item() == pytest.approx(torch.stack(terms).mean().item(), rel=1e-3)
    feature, _ = VggLosses("enet", weights)(made, real)
    shares = []
    for name in ("features.7", last):
        a, b = (torch.nn.MaxPool2d(2)(maps[name].relu()) for maps in (one, other))
        shares.append(((a - b) ** 2).mean() / (b**2).mean())
    assert feature.item() == pytest.approx(torch.stack(shares).mean().item(), rel=1e-3)


def test_vgg_losses_lead_to_the_true_picture_and_vanish_there():
    losses = VggLosses("esrgan", vgg())
    real = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(2))
    assert [float(x) for x in losses(real, real)] == [0, 0]
    made = (real + 0.1).requires_grad_()
    feature, texture = losses(made, real)
    (feature + texture).backward()
    nearer = made.detach() - 0.01 * made.grad / made.grad.abs().max()
    assert sum(losses(nearer, real)) < feature + texture


def test_a_recipe_that_asks_for_vgg_trains_with_it(photos, tmp_path, monkeypatch):
    found = {name: value.numpy() for name, value in vgg().items()}
    monkeypatch.setattr("vernier.training.vgg_losses.find_weights", lambda kind: found)
    own = msgspec.structs.replace(AGAINST, begins_at=1)
    with_vgg = msgspec.structs.replace(own, vgg="esrgan", feature=1.0)
    one, other = (
        train(msgspec.structs.replace(RUN, steps=3, adversarial=a), photos, tmp_path / str(n))
        for n, a in enumerate((own, with_vgg))
    )
    assert any(not torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_block_collapses_to_the_same_network(style):
    torch.manual_seed(1)
    network = restyle(Sesr("m3", 2), style)
    x = torch.rand(1, 1, 12, 10)
    before = network(x)
    narrow = collapse(network)
    deployed = {name: p.shape for name, p in Sesr("m3", 2, trainable_form=False).named_parameters()}
    assert {name: p.shape for name, p in narrow.named_parameters()} == deployed
    assert torch.allclose(narrow(x), before, atol=1e-5)


def test_styles_stand_for_linear_blocks_only():
    with pytest.raises(TrainingError, match="linear blocks"):
        restyle(Srcnn(2), "repvgg")
    with pytest.raises(TrainingError, match="expected blocks of"):
        restyle(Sesr("m3", 2), "acnet")


def test_a_run_of_another_style_is_collapsed(photos, tmp_path):
    recipe = msgspec.structs.replace(SHORT, blocks="repvgg", steps=4)
    train(recipe, photos, tmp_path / "run")
    report = collapse_run(tmp_path / "run", tmp_path / "w.safetensors")
    assert report.trained_weights == report.collapsed_weights + 3 * 256 + 16 + 64
