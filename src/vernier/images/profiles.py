"""ICC profiles: what they describe, and CMYK or Lab pictures turned to sRGB through them."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

SPACES = {b"RGB ": 3, b"GRAY": 1}


def channels(profile: bytes) -> int | None:
    """Colour samples per pixel that a profile describes: 3 (RGB), 1 (grey), None for others.

    Source: ICC.1:2010, 7.2.6: bytes 16 to 19 are the data colour space.
    """
    return SPACES.get(profile[16:20])


def can_be_read(profile: bytes) -> bool:
    """Whether the library that uses profiles understands one."""
    try:
        ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (ImageCms.PyCMSError, OSError):
        return False
    return True


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """A CMYK or Lab picture in sRGB, relative colorimetric with black point compensation.

    Returns:
        Mode RGB; None where the profile cannot be used with this picture.
    """
    try:
        source = (
            ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if profile
            else ImageCms.createProfile("LAB")
        )
        return ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return None
