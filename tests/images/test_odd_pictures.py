"""What people bring: odd values, odd metadata, damaged parts of good pictures."""

import contextlib
import io
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin, features

from vernier.errors import ImageError, MissingExtraError
from vernier.images import png_file
from vernier.images.reading import read_picture
from vernier.images.writing import encode_picture

FOREIGN = Path(__file__).parent / "foreign"
H, W = 24, 32
YY, XX = np.mgrid[0:H, 0:W]
RGB = np.stack([XX * 255 // (W - 1), YY * 255 // (H - 1), XX * 3 + YY * 2], axis=2).astype(np.uint8)
GREY = RGB[:, :, 0]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, extra=b"", depth=8, width=None):
    """A PNG by the definition, unfiltered; rows of fewer than 8 bits come packed."""
    colour = 0 if samples.ndim == 2 else {3: 2, 4: 6}[samples.shape[2]]
    rows = samples.astype(">u2") if depth == 16 else samples
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width or samples.shape[1], len(samples), depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra
        + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )  # fmt: skip


def tiff(data, bits, photometric, samples=1, extra=(), order="<", kind=1):
    """An uncompressed TIFF by the definition: one strip."""
    entries = [
        (256, 4, [W]), (257, 4, [H]), (258, 3, [bits] * samples), (259, 3, [1]),
        (262, 3, [photometric]), (273, 4, [0]), (277, 3, [samples]), (278, 4, [H]),
        (279, 4, [len(data)]), (339, 3, [kind] * samples), *extra,
    ]  # fmt: skip
    entries.sort()
    place = 8 + 2 + 12 * len(entries) + 4
    blob = b""
    packed = []
    for tag, form, values in entries:
        value = struct.pack(order + ("H" if form == 3 else "I") * len(values), *values)
        if len(value) > 4:
            blob, value = blob + value, struct.pack(order + "I", place + len(blob))
        packed.append([tag, form, len(values), value.ljust(4, b"\0")])
    for entry in packed:
        if entry[0] == 273:
            entry[3] = struct.pack(order + "I", place + len(blob))
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    head += struct.pack(order + "H", len(packed))
    body = b"".join(struct.pack(order + "HHI", t, f, n) + v for t, f, n, v in packed)
    return head + body + bytes(4) + blob + data


def file_of(image, kind, **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


# Values


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_transparent_level_of_grey_below_8_bits(depth):
    levels = 1 << depth
    values = (XX * levels // W).astype(np.uint8)
    per_byte = 8 // depth
    packed = np.zeros((H, W // per_byte), np.uint8)
    for place in range(per_byte):
        packed |= values[:, place::per_byte] << (8 - depth * (place + 1))
    picture = read_picture(png(packed, chunk(b"tRNS", struct.pack(">H", 1)), depth, W))
    assert np.array_equal(picture.samples[:, :, 0], values * (255 // (levels - 1)))
    assert np.array_equal(picture.alpha, np.where(values == 1, 0, 255))


def test_a_transparent_colour_of_16_bits_means_all_16():
    wide = RGB.astype(np.uint16) * 257
    wide[0, 0] = wide[5, 5] + 1  # the same in its high bytes
    wanted = struct.pack(">3H", *wide[5, 5].tolist())
    picture = read_picture(png(wide, chunk(b"tRNS", wanted), 16))
    assert np.array_equal(picture.samples, wide)
    assert np.array_equal(picture.alpha == 0, (wide == wide[5, 5]).all(axis=2))
    assert picture.alpha[0, 0] == 65535


def test_12_bit_grey_tiff():
    values = (XX * 4095 // (W - 1)).astype(np.uint32)
    pairs = values.reshape(H, W // 2, 2)
    packed = np.stack(
        [pairs[..., 0] >> 4, (pairs[..., 0] & 15) << 4 | pairs[..., 1] >> 8, pairs[..., 1] & 255],
        axis=2,
    ).astype(np.uint8)
    picture = read_picture(tiff(packed.tobytes(), 12, 1))
    assert picture.bit_depth == 16
    assert np.array_equal(picture.samples[:, :, 0], np.rint(values * (65535 / 4095)))


@pytest.mark.parametrize("bits", [8, 16])
def test_white_is_zero(bits):
    top = (1 << bits) - 1
    values = (XX * top // (W - 1)).astype(f"<u{bits // 8}")
    picture = read_picture(tiff((top - values).astype(values.dtype).tobytes(), bits, 0))
    assert np.array_equal(picture.samples[:, :, 0], values)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_associated_alpha_is_divided_out(bits, order):
    top = (1 << bits) - 1
    colours = RGB.astype(np.int64) * (top // 255)
    alpha = np.clip((XX - 8) * (top // 12), 0, top)
    multiplied = np.rint(colours * (alpha[:, :, None] / top))
    stored = np.dstack([multiplied, alpha]).astype(f"{order}u{bits // 8}")
    data = tiff(stored.tobytes(), bits, 2, 4, [(338, 3, [1])], order)
    picture = read_picture(data)
    assert np.array_equal(picture.alpha, alpha)
    # What was multiplied by a small opacity was rounded in as many levels.
    error = np.abs(picture.samples - colours) * (alpha[:, :, None] / top)
    assert error[alpha > 0].max() <= 1
    assert (picture.samples[alpha == top] == colours[alpha == top]).all()


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "raw"])
@pytest.mark.parametrize("predictor", [1, 2])
def test_compressed_tiff_of_8_and_16_bits_as_pillow_writes_them(compression, predictor):
    wide = (RGB[:, :, 0].astype(np.uint16) * 257) ^ 0x55
    options = {"compression": compression}
    if compression in ("tiff_lzw", "tiff_adobe_deflate"):
        options["tiffinfo"] = {317: predictor}
    assert np.array_equal(
        read_picture(file_of(Image.fromarray(RGB), "TIFF", **options)).samples, RGB
    )
    picture = read_picture(file_of(Image.fromarray(wide), "TIFF", **options))
    assert np.array_equal(picture.samples[:, :, 0], wide)


@pytest.mark.parametrize("bits", [16, 32, 64])
@pytest.mark.parametrize("samples", [1, 3])
def test_float_tiff(bits, samples):
    values = RGB[:, :, :samples].astype(np.float64) / 255
    photometric = 2 if samples == 3 else 1
    data = tiff(values.astype(f"<f{bits // 8}").tobytes(), bits, photometric, samples, kind=3)
    picture = read_picture(data)
    tolerance = 16 if bits == 16 else 1
    assert np.abs(picture.samples - values * 65535).max() <= tolerance
    assert "rounded to 16 bits" in " ".join(picture.notes)


def test_float_predictor():
    values = (RGB.astype(np.float32) / 255).astype(">f4")
    planes = values.view(np.uint8).reshape(H, W * 3, 4).swapaxes(1, 2).reshape(H, -1)
    steps = planes.astype(np.int16)
    steps[:, 3:] -= planes[:, :-3]
    data = zlib.compress((steps & 255).astype(np.uint8).tobytes())
    whole = tiff(data, 32, 2, 3, [(317, 3, [3])], kind=3)
    whole = whole.replace(
        struct.pack("<HHIHH", 259, 3, 1, 1, 0), struct.pack("<HHIHH", 259, 3, 1, 8, 0)
    )
    assert np.array_equal(read_picture(whole).samples, np.rint(values.astype(np.float32) * 65535))


@pytest.mark.parametrize("damage", ["cut", "entropy"])
def test_a_damaged_jpeg_inside_a_tiff_is_refused(damage):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    data = bytearray(file_of(Image.fromarray(noise), "TIFF", compression="jpeg"))
    with Image.open(io.BytesIO(bytes(data))) as image:
        offset, count = image.tag_v2[273][0], image.tag_v2[279][0]
    assert read_picture(bytes(data)).width == 64
    if damage == "cut":
        data[offset + count // 2 : offset + count] = bytes(count - count // 2)
    else:
        # An end of the picture in its middle.
        data[offset + count // 2 : offset + count // 2 + 2] = b"\xff\xd9"
    with pytest.raises(ImageError, match="damaged"):
        read_picture(bytes(data))


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "group4", "jpeg"])
def test_a_damaged_tiff_is_told_once(compression, capfd):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    image = Image.fromarray(noise)
    if compression == "group4":
        image = image.convert("1")
    data = bytearray(file_of(image, "TIFF", compression=compression))
    with Image.open(io.BytesIO(bytes(data))) as opened:
        offset, count = opened.tag_v2[273][0], opened.tag_v2[279][0]
    data[offset + count // 4 : offset + count] = b"\x55\xd9" * ((count - count // 4) // 2 + 1)
    with pytest.raises(ImageError, match=r"damaged|cut short"):
        read_picture(bytes(data[: max(len(data), offset + count)]))
    assert capfd.readouterr().err == ""


# Colour coding


def to_srgb(profile, colours):
    image = Image.fromarray(np.array([colours], np.uint8))
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(image, source, target))[0]


def srgb_code(linear):
    encoded = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055
    )
    return np.clip(np.rint(encoded * 255), 0, 255)


@pytest.mark.parametrize("gamma", [100000, 55556])
def test_a_gamma_becomes_a_profile_that_means_the_same(gamma):
    picture = read_picture(png(RGB, chunk(b"gAMA", struct.pack(">I", gamma))))
    assert np.array_equal(picture.samples, RGB)
    assert "colour profile" in picture.notes[0]
    levels = np.array([(v, v, v) for v in (0, 20, 64, 128, 200, 255)])
    wanted = srgb_code((levels / 255) ** (100000 / gamma))
    assert np.abs(to_srgb(picture.icc_profile, levels) - wanted).max() <= 2
    # And it is kept in every format.
    for kind in ("PNG", "JPEG", "TIFF", "WEBP"):
        assert read_picture(encode_picture(picture, kind)[0]).icc_profile == picture.icc_profile


def test_primaries_become_a_profile_that_means_the_same():
    adobe = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
    chunks = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"cHRM", struct.pack(">8I", *adobe))
    picture = read_picture(png(RGB, chunks))
    # Adobe RGB's published matrix to XYZ, and sRGB's from XYZ, both under D65.
    to_xyz = np.array(
        [
            [0.5767309, 0.1855540, 0.1881852],
            [0.2973769, 0.6273491, 0.0752741],
            [0.0270343, 0.0706872, 0.9911085],
        ]
    )
    from_xyz = np.array(
        [
            [3.2404542, -1.5371385, -0.4985314],
            [-0.9692660, 1.8760108, 0.0415560],
            [0.0556434, -0.2040259, 1.0572252],
        ]
    )
    colours = np.array([(150, 120, 100), (100, 140, 120), (120, 120, 160), (200, 190, 180)])
    linear = (colours / 255) ** 2.2
    wanted = srgb_code(linear @ (from_xyz @ to_xyz).T)
    assert np.abs(to_srgb(picture.icc_profile, colours) - wanted).max() <= 2


@pytest.mark.parametrize(
    "chunks",
    [
        chunk(b"sRGB", b"\0") + chunk(b"gAMA", struct.pack(">I", 100000)),
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"cICP", bytes((1, 13, 0, 1))),
    ],
)
def test_srgb_said_in_any_way_is_nothing_to_tell(chunks):
    picture = read_picture(png(RGB, chunks))
    assert (picture.icc_profile, picture.cicp, picture.notes) == (None, None, ())


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_coding_is_kept_in_a_png_and_said(transfer, name):
    coding = bytes((9, transfer, 0, 1))
    picture = read_picture(png(RGB.astype(np.uint16) * 257, chunk(b"cICP", coding), 16))
    assert picture.cicp == coding
    assert name in picture.notes[0]
    content, notes = encode_picture(picture, "PNG")
    assert notes == []
    assert chunk(b"cICP", coding) in content
    assert read_picture(content).cicp == coding
    assert "cICP" in " ".join(encode_picture(picture, "JPEG")[1])


# Metadata


def exif_of_pointers(count):
    """Directories of two entries that both point at the next directory."""
    size = 2 + 2 * 12 + 4
    content = b"II*\0" + struct.pack("<I", 8)
    for number in range(count):
        after = 8 + (number + 1) * size
        content += struct.pack("<H", 2) + struct.pack("<HHII", 0x8769, 4, 1, after) * 2 + bytes(4)
    return content + struct.pack("<H", 0) + bytes(4)


@pytest.mark.parametrize("count", [60, 1200])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_directories_that_point_at_each_other(kind, count):
    data = file_of(Image.fromarray(RGB), kind, exif=b"Exif\0\0" + exif_of_pointers(count))
    started = time.process_time()
    picture = read_picture(data)
    for target in ("JPEG", "PNG", "TIFF", "WEBP"):
        content, _ = encode_picture(picture, target)
        assert read_picture(content).width == W
    assert time.process_time() - started < 5


@pytest.mark.parametrize("target", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_damaged_exif_is_left_out_and_the_picture_written(target):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "A maker of cameras", 6
    block = bytearray(exif.tobytes())
    place = block.index(struct.pack(">HHI", 0x010F, 2, 19)) + 4
    block[place : place + 4] = b"\x7f\xff\xff\xff"
    picture = read_picture(file_of(Image.fromarray(RGB), "JPEG", exif=bytes(block)))
    assert picture.exif is None
    assert "EXIF was left out" in picture.notes[0]
    # The orientation itself was sound.
    assert (picture.width, picture.height) == (H, W)
    assert encode_picture(picture, target)[1] == []


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"eXIf", b"garbage of no structure at all"),
        chunk(b"eXIf", b""),
        chunk(b"iCCP", b"name\0\0not a zlib stream"),
        chunk(b"iCCP", b"name\0\0" + zlib.compress(b"x" * 300)),
        chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(20_000_000))),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(3_000_000))),
        chunk(b"pHYs", b"\0"),
        chunk(b"tRNS", b"\0"),
        chunk(b"gAMA", struct.pack(">I", 0)),
        chunk(b"cHRM", bytes(32)),
        chunk(b"eXIf", b"II*\0\x08\0\0\0")[:-1] + b"?",
    ],
)
def test_a_picture_with_rubbish_beside_it_is_still_a_good_picture(extra):
    picture = read_picture(png(RGB, extra))
    assert np.array_equal(picture.samples, RGB)
    assert (picture.icc_profile, picture.exif, picture.alpha) == (None, None, None)


def test_a_profile_with_a_sound_head_only_is_left_out():
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[128:] = b"\xff" * (len(profile) - 128)
    for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        picture = read_picture(file_of(Image.fromarray(RGB), kind, icc_profile=bytes(profile)))
        assert picture.icc_profile is None
        assert any("profile" in note for note in picture.notes)


def test_a_tiff_directory_that_claims_more_than_a_file_holds():
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[270] = "x" * 100
    data = file_of(Image.fromarray(RGB), "TIFF", tiffinfo=info)
    place = data.index(struct.pack("<HHI", 270, 2, 101))
    bad = data[:place] + struct.pack("<HHI", 270, 2, 0x7FFFFFFF) + data[place + 8 :]
    with pytest.raises(ImageError, match="claims more"):
        read_picture(bad)


# Formats of phones


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif():
    smooth = Image.fromarray(RGB).resize((64, 48), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_picture(file_of(smooth, "AVIF", quality=95, exif=exif))
    assert picture.format == "AVIF"
    wanted = np.rot90(np.asarray(smooth), -1).astype(int)
    assert np.abs(picture.samples - wanted).mean() < 3


def heic_gradients():
    y, x = np.mgrid[0:48, 0:64]
    return np.stack([4 * x, 5 * y, 255 - 2 * x - 2 * y], axis=2).astype(np.uint8)


@pytest.mark.parametrize("name", ["rgb", "rgba", "10_bit"])
def test_heic_of_a_phone(name):
    """Written by an encoder that few may ship: `foreign/make_foreign.py` has how."""
    pytest.importorskip("pi_heif")
    picture = read_picture(FOREIGN / f"pillow_heif_{name}.heic")
    assert picture.format == "HEIC"
    wanted = heic_gradients().astype(int)
    if name == "rgb":
        # Turned as its EXIF says, which then says upright.
        wanted = np.rot90(wanted, -1)
        exif = Image.Exif()
        exif.load(picture.exif)
        assert (exif[0x010F], exif[0x0112]) == ("Vernier", 1)
    assert picture.samples.shape == wanted.shape
    assert np.abs(picture.samples - wanted).mean() < 2
    if name == "rgba":
        alpha = np.broadcast_to(4 * np.arange(64), (48, 64))
        assert np.abs(picture.alpha.astype(int) - alpha).max() <= 4
    else:
        assert picture.alpha is None


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_heic_is_read_or_refused(seed):
    pytest.importorskip("pi_heif")
    data = bytearray((FOREIGN / "pillow_heif_rgb.heic").read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(data), 4):
        data[place] = rng.integers(256)
    # Any other exception, or a crash of its native decoder, fails.
    with contextlib.suppress(ImageError):
        picture = read_picture(bytes(data[: rng.integers(20, 2 * len(data))]), max_pixels=1 << 20)
        assert picture.samples.dtype == np.uint8


def test_heic_is_read_by_its_extra_and_named_without(monkeypatch):
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    with pytest.raises(MissingExtraError, match=r"vernier-sr\[heic\]"):
        read_picture(data)
    monkeypatch.undo()
    pytest.importorskip("pi_heif")
    with pytest.raises(ImageError, match=r"damaged|cannot be read|HEIC"):
        read_picture(data)


# Bands


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("band_bytes", [1, 200, 1 << 22])
def test_a_png_read_in_bands_is_what_pillow_reads(mode, band_bytes, monkeypatch):
    monkeypatch.setattr(png_file, "BAND_BYTES", band_bytes)
    rng = np.random.default_rng(1)
    image = Image.fromarray(rng.integers(0, 256, (H, W, 4)).astype(np.uint8))
    image = image.resize((61, 37), Image.Resampling.BICUBIC)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image if mode == "RGBA" else image.convert("RGB").convert(mode)
    picture = read_picture(file_of(image, "PNG"))
    wanted = np.asarray(image.convert("RGB") if mode == "P" else image)
    if mode == "1":
        wanted = wanted * np.uint8(255)
    found = picture.samples[:, :, 0] if picture.samples.shape[2] == 1 else picture.samples
    if picture.alpha is not None:
        found = np.dstack([found, picture.alpha])
    assert np.array_equal(found, wanted)


def test_16_bit_colours_in_bands(monkeypatch):
    monkeypatch.setattr(png_file, "BAND_BYTES", 1000)
    rng = np.random.default_rng(2)
    samples = rng.integers(0, 65536, (H, W, 3)).astype(np.uint16)
    from vernier.images.png import encode_png

    # Filtered by our encoder, unfiltered by Pillow's decoder.
    assert np.array_equal(read_picture(encode_png(samples)).samples, samples)
    assert np.array_equal(read_picture(png(samples, depth=16)).samples, samples)


def test_a_checksum_behind_the_last_row_counts():
    data = bytearray(png(RGB))
    end = data.index(b"IEND")
    data[end - 5] ^= 1
    with pytest.raises(ImageError, match="damaged"):
        read_picture(bytes(data))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_read_in_bands_is_what_pillow_reads(mode, progressive):
    noise = np.random.default_rng(3).integers(0, 256, (400, 300, 3)).astype(np.uint8)
    image = Image.fromarray(noise).convert(mode)
    data = file_of(image, "JPEG", quality=90, progressive=progressive)
    found = read_picture(data).samples
    wanted = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(found[:, :, 0] if mode == "L" else found, wanted)
    with pytest.raises(ImageError, match="cut short"):
        read_picture(data[: len(data) * 2 // 3])


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (300, 400), (2000, 33)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_written_in_bands_is_what_pillow_writes(size, channels, monkeypatch):
    from vernier.images import jpeg
    from vernier.images.picture import Picture

    monkeypatch.setattr(jpeg, "STRIP_BYTES", 1 << 14)
    rng = np.random.default_rng(4)
    samples = rng.integers(0, 256, (*size, channels)).astype(np.uint8)
    content, _ = encode_picture(Picture(samples), "JPEG", 90)
    image = Image.fromarray(samples[:, :, 0] if channels == 1 else samples)
    whole = file_of(image, "JPEG", quality=90, subsampling=0)
    with Image.open(io.BytesIO(content)) as ours, Image.open(io.BytesIO(whole)) as theirs:
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))
