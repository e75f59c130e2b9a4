"""Errors that end a training job. The message goes to the `failure` file, and from there to a person."""


class TrainingError(Exception):
    """The job cannot continue with this data or these settings. The message says what to change."""


class BadConfigError(TrainingError):
    """config.json is missing, malformed, or asks for what this release does not train."""


class NotEnoughDataError(TrainingError):
    """There are too few users or interactions to train a model."""


class BadDataError(TrainingError):
    """A column is missing, or has another type than its schema says."""


class StoppedError(TrainingError):
    """The platform or the user stopped the job."""


class PeerLostError(TrainingError):
    """Another process of a distributed training ended. That process may have reported the reason."""


class TextModelError(TrainingError):
    """The text model does not answer, or answers with something other than vectors."""
