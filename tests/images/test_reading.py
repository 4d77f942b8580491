"""Every kind of picture that a user brings, made by Pillow, OpenCV or tifffile."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from vernier.errors import ImageError
from vernier.images.reading import read_picture

FOREIGN = Path(__file__).parent / "foreign"
RNG = np.random.default_rng(3)
RGB = RNG.integers(0, 256, (6, 9, 3)).astype(np.uint8)
SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def file_of(image: Image.Image, kind: str, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def pattern(channels: int) -> np.ndarray:
    """What `foreign/make_foreign.py` wrote."""
    count = 5 * 7 * channels
    values = np.arange(1, count + 1, dtype=np.uint64) * 40503 % 65536
    return values.astype(np.uint16).reshape(5, 7, channels)


@pytest.mark.parametrize(
    "name",
    [
        "opencv_grey16.png",
        "opencv_rgb16.png",
        "opencv_rgba16.png",
        "tifffile_grey16.tif",
        "tifffile_rgb16.tif",
        "tifffile_rgb16_big_endian.tif",
        "tifffile_rgb16_big_endian_lzw.tif",
        "tifffile_rgb16_deflate.tif",
        "tifffile_rgb16_tiled.tif",
        "tifffile_rgba16.tif",
    ],
)
def test_no_bit_of_other_programs_16_bit_files_is_lost(name):
    picture = read_picture(FOREIGN / name)
    wanted = pattern(4 if "rgba" in name else 3 if "rgb" in name else 1)
    assert picture.bit_depth == 16
    assert picture.notes == ()
    assert np.array_equal(picture.samples, wanted[:, :, :3])
    if wanted.shape[2] == 4:
        assert np.array_equal(picture.alpha, wanted[:, :, 3])
    else:
        assert picture.alpha is None


def test_float_tiff_is_rounded_to_16_bits_and_says_so():
    picture = read_picture(FOREIGN / "tifffile_float_grey.tif")
    assert np.array_equal(picture.samples, pattern(1))
    assert "16 bits" in picture.notes[0]


def test_planes_apart_and_float_colours():
    assert np.array_equal(read_picture(FOREIGN / "tifffile_rgb16_planar.tif").samples, pattern(3))
    picture = read_picture(FOREIGN / "tifffile_float_rgb.tif")
    assert np.array_equal(picture.samples, pattern(3))
    assert "16 bits" in picture.notes[0]


# First row, first column, and the steps of the seven passes.
ADAM7 = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)


def interlaced_png16(samples: np.ndarray) -> bytes:
    """Adam7 by the definition (PNG, 8.2), unfiltered, 16 bits RGB."""
    height, width, _ = samples.shape
    raw = b""
    for y, x, down, right in ADAM7:
        part = samples[y::down, x::right].astype(">u2")
        if part.size:
            raw += b"".join(b"\0" + row.tobytes() for row in part)

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 1)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def test_interlaced_16_bit_png():
    assert np.array_equal(read_picture(interlaced_png16(pattern(3))).samples, pattern(3))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP"])
def test_rgb(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    picture = read_picture(file_of(Image.fromarray(RGB), kind, **options))
    assert np.array_equal(picture.samples, RGB)
    assert (picture.alpha, picture.format, picture.bit_depth) == (None, kind, 8)
    assert (picture.width, picture.height) == (9, 6)


def test_jpeg_equals_pillow():
    data = file_of(Image.fromarray(RGB), "JPEG", quality=90)
    assert np.array_equal(read_picture(data).samples, np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha(kind):
    rgba = RNG.integers(0, 256, (4, 5, 4)).astype(np.uint8)
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    picture = read_picture(file_of(Image.fromarray(rgba), kind, **options))
    assert np.array_equal(picture.samples, rgba[:, :, :3])
    assert np.array_equal(picture.alpha, rgba[:, :, 3])


def test_grey_and_grey_with_alpha():
    grey = RGB[:, :, :1]
    assert np.array_equal(
        read_picture(file_of(Image.fromarray(grey[:, :, 0]), "PNG")).samples, grey
    )
    both = np.dstack([grey, RGB[:, :, 1]])
    picture = read_picture(file_of(Image.fromarray(both, "LA"), "PNG"))
    assert np.array_equal(picture.samples, grey)
    assert np.array_equal(picture.alpha, RGB[:, :, 1])


def test_one_bit():
    bits = RNG.random((5, 11)) > 0.5
    picture = read_picture(file_of(Image.fromarray(bits), "PNG"))
    assert np.array_equal(picture.samples[:, :, 0], bits * np.uint8(255))


def test_palette_with_and_without_transparency():
    indexed = Image.fromarray(RGB).quantize(8)
    colours = np.asarray(indexed.convert("RGB"))
    opaque = read_picture(file_of(indexed, "PNG"))
    assert np.array_equal(opaque.samples, colours)
    assert opaque.alpha is None
    clear = read_picture(file_of(indexed, "PNG", transparency=3))
    assert np.array_equal(clear.samples, colours)
    assert np.array_equal(clear.alpha == 0, np.asarray(indexed) == 3)


def test_a_colour_named_transparent_in_8_and_16_bits():
    data = file_of(Image.fromarray(RGB), "PNG", transparency=tuple(RGB[2, 3].tolist()))
    assert np.argwhere(read_picture(data).alpha == 0).tolist() == [[2, 3]]
    grey = pattern(1)[:, :, 0]
    data = file_of(Image.fromarray(grey), "PNG", transparency=int(grey[4, 1]))
    picture = read_picture(data)
    assert np.array_equal(picture.samples[:, :, 0], grey)
    assert np.array_equal(picture.alpha == 0, grey == grey[4, 1])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_turn_as_pillow_does(kind, orientation):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    data = file_of(Image.fromarray(RGB), kind, exif=exif)
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    picture = read_picture(data)
    assert np.array_equal(picture.samples, wanted)
    kept = Image.Exif()
    kept.load(picture.exif)
    assert kept.get(0x0112, 1) == 1
    assert kept[0x010F] == "Maker"


def test_orientation_turns_alpha_and_16_bits_too():
    from vernier.images.png import encode_png

    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode_png(pattern(4), exif=exif.tobytes().removeprefix(b"Exif\0\0"))
    picture = read_picture(data)
    turned = np.rot90(pattern(4), -1)
    assert np.array_equal(picture.samples, turned[:, :, :3])
    assert np.array_equal(picture.alpha, turned[:, :, 3])


def test_exif_changes_in_its_orientation_only():
    exif = Image.Exif()
    exif[0x0112] = 8
    exif.get_ifd(0x8769)[0x927C] = b"maker's note \x00\x01\x02 with bytes of its own"
    before = exif.tobytes()
    after = read_picture(file_of(Image.fromarray(RGB), "JPEG", exif=before)).exif
    different = [i for i, (a, b) in enumerate(zip(before[6:], after, strict=True)) if a != b]
    assert len(different) == 1
    assert (before[6:][different[0]], after[different[0]]) == (8, 1)


def test_damaged_exif_is_left_out_with_a_note():
    data = file_of(Image.fromarray(RGB), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    picture = read_picture(data)
    assert picture.exif is None
    assert "EXIF" in picture.notes[0]


def cmyk_profile(corners: np.ndarray) -> bytes:
    """An ICC v2 CMYK profile whose table holds Lab (8 bits) for the 16 corners of the ink cube.

    Source: ICC.1:2001-04, 6.1 (header), 6.5.6 (lut8Type).
    """
    ramp = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    for value in (1, 0, 0, 0, 1, 0, 0, 0, 1):
        lut += struct.pack(">i", value << 16)
    lut += ramp * 4 + corners.astype(np.uint8).tobytes() + ramp * 3
    text = b"text" + bytes(4) + b"public domain\0"
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(12 + 67)
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    bodies = {b"desc": name, b"cprt": text, b"wtpt": white, b"A2B0": lut}
    offset, table, data = 128 + 4 + 12 * len(bodies), b"", b""
    for tag, body in bodies.items():
        padded = body + bytes(-len(body) % 4)
        table += tag + struct.pack(">II", offset + len(data), len(body))
        data += padded
    head = struct.pack(
        ">I4sI4s4s4s", offset + len(data), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab "
    )
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(bodies)) + table + data


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(kind):
    # Any ink is black but cyan alone: L* 54.29, a* 80.81, b* 69.89 under D50, which is sRGB's red.
    corners = np.tile(np.array([0, 128, 128]), (16, 1))
    corners[0] = (255, 128, 128)
    corners[8] = (138, 209, 198)
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    options = {"quality": 100} if kind == "JPEG" else {}
    with_profile = read_picture(file_of(cyan, kind, icc_profile=cmyk_profile(corners), **options))
    assert np.abs(with_profile.samples.astype(int) - (255, 0, 0)).max() <= 4
    assert with_profile.icc_profile is None
    assert "through its colour profile" in with_profile.notes[0]
    plain = read_picture(file_of(cyan, kind, **options))
    assert np.abs(plain.samples.astype(int) - (0, 255, 255)).max() <= 2
    assert "having no profile" in plain.notes[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_rgb_profile_is_kept_and_pixels_are_untouched(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    plain = read_picture(file_of(Image.fromarray(RGB), kind, **options))
    tagged = read_picture(file_of(Image.fromarray(RGB), kind, icc_profile=SRGB_PROFILE, **options))
    assert tagged.icc_profile == SRGB_PROFILE
    assert np.array_equal(tagged.samples, plain.samples)


def test_a_profile_for_other_pixels_is_left_out():
    data = file_of(Image.fromarray(RGB[:, :, 0]), "PNG", icc_profile=SRGB_PROFILE)
    picture = read_picture(data)
    assert picture.icc_profile is None
    assert "profile" in picture.notes[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_dpi(kind):
    dpi = read_picture(file_of(Image.fromarray(RGB), kind, dpi=(300, 150))).dpi
    assert dpi == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_read_and_said_so(kind):
    first, second = Image.new("RGB", (4, 3), "red"), Image.new("RGB", (4, 3), "blue")
    options = {"lossless": True} if kind == "WEBP" else {}
    data = file_of(first, kind, save_all=True, append_images=[second], **options)
    picture = read_picture(data)
    assert np.array_equal(picture.samples, np.asarray(first))
    word = "pages" if kind == "TIFF" else "frames"
    assert picture.notes == (f"it has 2 {word}; only the first is used",)


def test_a_phone_s_two_picture_jpeg_is_a_jpeg():
    photo = Image.fromarray(RGB)
    data = file_of(photo, "MPO", save_all=True, append_images=[photo.resize((2, 2))])
    picture = read_picture(data)
    assert (picture.format, picture.notes, picture.width) == ("JPEG", (), 9)


def test_a_stream_and_a_path_give_the_same(tmp_path):
    data = file_of(Image.fromarray(RGB), "PNG")
    (tmp_path / "a.png").write_bytes(data)
    assert np.array_equal(read_picture(io.BytesIO(data)).samples, RGB)
    assert np.array_equal(read_picture(tmp_path / "a.png").samples, RGB)


def test_one_pixel():
    assert read_picture(file_of(Image.new("RGB", (1, 1), "lime"), "PNG")).samples.tolist() == [
        [[0, 255, 0]]
    ]


# What must not be read. Each is one ImageError with one line that names the file.


def refuse(data: bytes, match: str, **options) -> None:
    with pytest.raises(ImageError, match=match) as caught:
        read_picture(data, name="bad", **options)
    assert str(caught.value).startswith("bad: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_truncated(kind, share):
    noise = RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    options = {"compression": "tiff_lzw"} if kind == "TIFF" else {}
    data = file_of(Image.fromarray(noise), kind, **options)
    refuse(data[: int(len(data) * share)], "damaged|cut short|cannot be read|expected a picture")


def test_truncated_16_bits():
    data = (FOREIGN / "opencv_rgb16.png").read_bytes()
    refuse(data[:100], "damaged")


@pytest.mark.parametrize("seed", range(150))
def test_flipped_bytes_never_end_in_anything_but_an_image_error(seed):
    rng = np.random.default_rng(seed)
    kind = ["PNG", "JPEG", "WEBP", "TIFF", "GIF"][seed % 5]
    options = {"compression": "tiff_lzw"} if kind == "TIFF" else {}
    data = bytearray(file_of(Image.fromarray(RGB), kind, **options))
    for place in rng.integers(0, len(data), 6):
        data[place] = rng.integers(0, 256)
    try:
        picture = read_picture(bytes(data), max_pixels=1 << 20)
    except ImageError as error:
        refused = str(error)
        assert "\n" not in refused
    else:
        assert picture.samples.ndim == 3


def test_empty():
    refuse(b"", r"empty \(0 bytes\)")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"hello, world", "something else"),
        (b"%PDF-1.7 ...........................", "a PDF"),
        (b"\0\0\0\x20ftypheic" + bytes(20), "HEIC"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "something else"),
    ],
)
def test_not_a_picture(data, what):
    refuse(data, f"expected a picture.*found .*{what}")


def test_bomb_and_the_limit_that_one_may_raise():
    # 225 megapixels in 28 KB: above Pillow's own limit too, which would raise its own error.
    data = file_of(Image.new("1", (15000, 15000)), "PNG")
    assert len(data) < 40_000
    refuse(data, "15000x15000 pixels, more than the limit of 200,000,000")
    before = Image.MAX_IMAGE_PIXELS
    assert read_picture(data, max_pixels=225_000_000).width == 15000
    assert before == Image.MAX_IMAGE_PIXELS


def test_absurd_dimensions():
    data = bytearray(file_of(Image.fromarray(RGB), "PNG"))
    data[16:24] = struct.pack(">II", 2**31 - 1, 2**31 - 1)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    refuse(bytes(data), "2147483647x2147483647 pixels")


@pytest.mark.parametrize(
    ("value", "match"),
    [(np.nan, "NaN"), (np.inf, "infinite"), (255.0, "from 0 to 1, found 0 to 255")],
)
def test_float_samples_that_mean_nothing_here(value, match):
    values = np.zeros((3, 4), np.float32)
    values[1, 2] = value
    refuse(file_of(Image.fromarray(values), "TIFF"), match)


def test_32_bit_samples_that_do_not_fit():
    refuse(file_of(Image.fromarray(np.full((2, 2), 70000, np.int32)), "TIFF"), "0 to 65535")


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ImageError, match=r"nothing\.png: there is no such file"):
        read_picture(tmp_path / "nothing.png")
    with pytest.raises(ImageError, match="found a folder"):
        read_picture(tmp_path)
