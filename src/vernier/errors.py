"""The one error tree.

    VernierError
    ├── UsageError            what the caller asked for cannot be meant
    │   └── FileError         a file of results cannot be read or written, or is something else
    ├── ImageError            a picture cannot be read, or a result cannot be written
    │   └── TooLargeError     a picture has more pixels than are allowed
    ├── VideoError            a film cannot be read, or its result cannot be written
    ├── NetworkError          an unknown network, or weights that do not fit it
    ├── GraphError            an operator graph that is malformed or holds something unsupported
    ├── BundleError           a bundle that is damaged, tampered with or too new
    ├── ProcessorError        a processor that is unknown, missing or failed
    │   └── PlacementError    an engine ran something other than what was asked
    ├── TrainingError         a recipe, data set or checkpoint that cannot be used
    └── MissingExtraError     an optional dependency is not installed

Each message says what was expected, what was found and what to do. The command line prints it
as one line and exits with code 2.
"""


class VernierError(Exception):
    """Base of everything that Vernier raises on purpose."""


class UsageError(VernierError, ValueError):
    """An argument is out of range, or two arguments contradict each other."""


class FileError(UsageError):
    """A file of results cannot be read or written, is there already, or is something else."""


class ImageError(VernierError):
    """A picture cannot be decoded, or its result cannot be written."""


class TooLargeError(ImageError):
    """A picture has, or claims, more pixels than are allowed."""


class VideoError(VernierError):
    """A film cannot be decoded, or its result cannot be encoded or written."""


class NetworkError(VernierError):
    """A network name is unknown, or weights do not fit the network."""


class GraphError(VernierError):
    """An operator graph is malformed or contains something that is not supported."""


class BundleError(VernierError):
    """A bundle is damaged, was changed after it was made, or is of a newer format."""


class ProcessorError(VernierError):
    """A processor is unknown, not present on this machine, or failed to run."""


class PlacementError(ProcessorError):
    """An engine reports that it ran something other than what was asked for."""


class TrainingError(VernierError):
    """A recipe, a data set or a checkpoint cannot be used."""


class MissingExtraError(VernierError):
    """An optional dependency is needed for this and is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"install it with: pip install 'vernier-sr[{extra}]'"
        )
