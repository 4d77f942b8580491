"""Results on disk: read back by Pillow, which is not what wrote PNG and TIFF."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from vernier.errors import ImageError
from vernier.images import deflate, writing
from vernier.images.picture import Picture
from vernier.images.reading import read_picture
from vernier.images.writing import encode_picture, to_pil, write_picture

RNG = np.random.default_rng(5)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def picture_of(channels: int, dtype: str, alpha: bool, height: int = 7, width: int = 11) -> Picture:
    top = np.iinfo(dtype).max + 1
    samples = RNG.integers(0, top, (height, width, channels)).astype(dtype)
    opacity = RNG.integers(0, top, (height, width)).astype(dtype) if alpha else None
    return Picture(samples, opacity)


def exif_block() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 1
    exif.get_ifd(0x8769).update({0xA002: 3, 0xA003: 4, 0x9003: "2026:11:21 01:00:00"})
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes().removeprefix(b"Exif\0\0")


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("strip_bytes", [1, 1 << 19])
def test_png_and_tiff_keep_every_sample(format_, dtype, alpha, channels, strip_bytes, monkeypatch):
    monkeypatch.setattr(f"vernier.images.{format_.lower()}.STRIP_BYTES", strip_bytes)
    picture = picture_of(channels, dtype, alpha)
    content, notes = encode_picture(picture, format_)
    assert notes == []
    back = read_picture(content)
    assert back.samples.dtype == dtype
    # 16-bit grey TIFF with alpha becomes RGB.
    assert np.array_equal(back.samples, np.broadcast_to(picture.samples, back.samples.shape))
    assert back.samples.shape[2] == (
        3 if (format_, dtype, alpha) == ("TIFF", "uint16", True) else channels
    )
    assert (back.alpha is None) == (not alpha)
    assert not alpha or np.array_equal(back.alpha, picture.alpha)


@given(first=st.binary(max_size=200), second=st.binary(max_size=200), times=st.integers(1, 400))
def test_joined_checksums_equal_that_of_the_whole(first, second, times):
    second *= times
    joined = deflate.joined_adler32(zlib.adler32(first), zlib.adler32(second), len(second))
    assert joined == zlib.adler32(first + second)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_strips_make_one_zlib_stream(count):
    strips = [RNG.integers(0, 4, 5000).astype(np.uint8).tobytes() for _ in range(count)]
    stream = b"".join(deflate.zlib_stream(bytes, strips))
    assert zlib.decompress(stream) == b"".join(strips)


@pytest.mark.parametrize("format_", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_metadata_is_kept_and_sizes_in_exif_follow(format_):
    samples = picture_of(3, "uint8", False).samples
    picture = Picture(samples, icc_profile=PROFILE, exif=exif_block(), dpi=(300.0, 150.0))
    content, notes = encode_picture(picture, format_)
    assert notes == []
    image = opened(content)
    assert image.info["icc_profile"] == PROFILE
    exif = image.getexif()
    assert exif[0x010F] == "Maker"
    assert exif.get_ifd(0x8769)[0x9003] == "2026:11:21 01:00:00"
    assert (exif.get_ifd(0x8769)[0xA002], exif.get_ifd(0x8769)[0xA003]) == (11, 7)
    assert exif.get_ifd(0x8825)[1] == "N"
    if format_ != "WEBP":
        assert [float(v) for v in image.info["dpi"]] == pytest.approx([300, 150], abs=0.02)
    back = read_picture(content)
    assert back.icc_profile == PROFILE
    assert b"Maker" in back.exif


def test_jpeg_keeps_colours_at_full_resolution():
    # Lines of red and blue: with 4:2:0 they would become one purple.
    samples = np.zeros((16, 16, 3), np.uint8)
    samples[::2, :, 0] = samples[1::2, :, 2] = 255
    content, notes = encode_picture(Picture(samples), "JPEG")
    assert notes == []
    assert np.abs(np.asarray(opened(content)).astype(int) - samples).max() < 12


def test_jpeg_lays_transparency_on_white():
    samples = np.full((8, 8, 3), 100, np.uint8)
    alpha = np.zeros((8, 8), np.uint8)
    alpha[:, 4:] = 255
    content, notes = encode_picture(Picture(samples, alpha), "JPEG", 100)
    found = np.asarray(opened(content)).astype(int)
    assert np.abs(found[:, :4] - 255).max() <= 1
    assert np.abs(found[:, 4:] - 100).max() <= 1
    assert notes == ["JPEG has no transparency; the picture was laid on white"]


@pytest.mark.parametrize("format_", ["JPEG", "WEBP"])
def test_16_bits_are_rounded_and_said_so(format_):
    ramp = np.arange(0, 65536, 255, dtype=np.uint32).astype(np.uint16)
    samples = np.repeat(ramp[None, :, None], 3, axis=2)
    content, notes = encode_picture(Picture(samples), format_, 100)
    assert notes == [f"{format_} was written with 8 of 16 bits per sample; PNG and TIFF keep all"]
    wanted = np.rint(samples / 257)
    tolerance = 0 if format_ == "WEBP" else 2
    assert np.abs(np.asarray(opened(content).convert("RGB")) - wanted).max() <= tolerance


def test_webp_at_100_is_lossless_also_where_transparent():
    picture = picture_of(3, "uint8", True)
    back = read_picture(encode_picture(picture, "WEBP", 100)[0])
    assert np.array_equal(back.samples, picture.samples)
    assert np.array_equal(back.alpha, picture.alpha)


def test_what_a_format_cannot_hold():
    wide = Picture(np.zeros((1, 20000, 1), np.uint8))
    with pytest.raises(ImageError, match="at most 16383 pixels a side"):
        encode_picture(wide, "WEBP")
    assert encode_picture(wide, "PNG")[1] == []
    with pytest.raises(ImageError, match="cannot write GIF"):
        encode_picture(wide, "GIF")
    with pytest.raises(ImageError, match="quality from 1 to 100"):
        encode_picture(wide, "JPEG", 0)
    with pytest.raises(ImageError, match=r"cannot write \.gif"):
        writing.format_of(Path("a.gif"))


def test_exif_too_long_for_jpeg():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x927C] = bytes(70000)
    picture = Picture(np.zeros((2, 2, 3), np.uint8), exif=exif.tobytes()[6:])
    content, notes = encode_picture(picture, "JPEG")
    assert "exif" not in opened(content).info
    assert notes == ["the EXIF is too long for a JPEG and was left out"]
    assert encode_picture(picture, "PNG")[1] == []


def test_to_pil():
    picture = picture_of(3, "uint16", True)
    image = to_pil(picture)
    assert image.mode == "RGBA"
    assert np.array_equal(np.asarray(image)[:, :, 3], np.rint(picture.alpha / 257))
    grey = picture_of(1, "uint16", False)
    assert np.array_equal(np.asarray(to_pil(grey)), grey.samples[:, :, 0])


def test_a_stream(tmp_path):
    stream = io.BytesIO()
    picture = picture_of(3, "uint8", False)
    assert write_picture(picture, stream, "PNG") == []
    assert np.array_equal(np.asarray(opened(stream.getvalue())), picture.samples)
