"""Which GPUs the Vulkan loader sees: what LiteRT's GPU accelerator can use on Linux and Windows.

Asked through the loader's C interface, since a whole Python binding for four calls would be one
more dependency. Structures and numbers are those of the Vulkan 1.1 specification.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
from dataclasses import dataclass
from typing import Any

from vernier.processors.engine_messages import engine_messages

_SUCCESS = 0
_TYPE_INSTANCE_CREATE_INFO = 1
_TYPE_APPLICATION_INFO = 0
_API_VERSION_1_1 = 1 << 22 | 1 << 12
# sizeof(VkPhysicalDeviceProperties) is 824 on 64-bit systems; room to spare costs nothing.
_PROPERTIES_BYTES = 4096
_DEVICE_KINDS = ("other", "integrated GPU", "discrete GPU", "virtual GPU", "software")


class _ApplicationInfo(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("application", ctypes.c_char_p),
        ("application_version", ctypes.c_uint32),
        ("engine", ctypes.c_char_p),
        ("engine_version", ctypes.c_uint32),
        ("api_version", ctypes.c_uint32),
    )


class _InstanceCreateInfo(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("application", ctypes.POINTER(_ApplicationInfo)),
        ("layer_count", ctypes.c_uint32),
        ("layers", ctypes.c_void_p),
        ("extension_count", ctypes.c_uint32),
        ("extensions", ctypes.c_void_p),
    )


class _PropertiesHead(ctypes.Structure):
    """The first fields of VkPhysicalDeviceProperties."""

    _fields_ = (
        ("api_version", ctypes.c_uint32),
        ("driver_version", ctypes.c_uint32),
        ("vendor", ctypes.c_uint32),
        ("device", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("name", ctypes.c_char * 256),
    )


@dataclass(frozen=True)
class VulkanDevices:
    """What the loader sees.

    Attributes:
        names: of the devices, each with its kind in brackets.
        reason: why there are none; empty where there are.
    """

    names: tuple[str, ...]
    reason: str = ""


@functools.cache
def vulkan_devices() -> VulkanDevices:
    """The Vulkan devices of this machine; asked once per process. Never raises."""
    loader = None
    for name in ("libvulkan.so.1", ctypes.util.find_library("vulkan-1"), "libvulkan.dylib"):
        try:
            loader = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if loader is not None:
            break
    if loader is None:
        return VulkanDevices((), "no Vulkan loader (install libvulkan1 and the GPU's driver)")
    with engine_messages():
        return _enumerate(loader)


def _enumerate(loader: Any) -> VulkanDevices:
    application = _ApplicationInfo(type=_TYPE_APPLICATION_INFO, api_version=_API_VERSION_1_1)
    wanted = _InstanceCreateInfo(
        type=_TYPE_INSTANCE_CREATE_INFO, application=ctypes.pointer(application)
    )
    instance = ctypes.c_void_p()
    result = loader.vkCreateInstance(ctypes.byref(wanted), None, ctypes.byref(instance))
    if result != _SUCCESS:
        return VulkanDevices(
            (), f"the Vulkan loader finds no driver (code {result}); install the GPU's driver"
        )
    try:
        count = ctypes.c_uint32()
        loader.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), None)
        devices = (ctypes.c_void_p * count.value)()
        loader.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), devices)
        names = tuple(_describe(loader, device) for device in devices if device)
    finally:
        loader.vkDestroyInstance(instance, None)
    return VulkanDevices(names, "" if names else "the Vulkan driver finds no GPU")


def _describe(loader: Any, device: int) -> str:
    memory = (ctypes.c_byte * _PROPERTIES_BYTES)()
    loader.vkGetPhysicalDeviceProperties(ctypes.c_void_p(device), ctypes.byref(memory))
    head = _PropertiesHead.from_buffer(memory)
    kind = _DEVICE_KINDS[head.kind] if head.kind < len(_DEVICE_KINDS) else "unknown"
    return f"{head.name.decode('utf-8', 'replace')} ({kind})"
