"""What a training job refuses. The message goes to the `failure` file and from there to a person."""


class TrainingError(Exception):
    """The job cannot go on with this data or these settings; the message says what to change."""


class BadConfigError(TrainingError):
    """config.json is missing, malformed or asks for what this release does not train."""


class NotEnoughDataError(TrainingError):
    """Fewer users or interactions than a model can be made of."""


class BadDataError(TrainingError):
    """A column is missing or of another type than its schema says."""


class StoppedError(TrainingError):
    """The job was told to end."""


class LostError(TrainingError):
    """Another process of a training by several is gone; why, it may have said itself."""


class TextModelError(TrainingError):
    """The model that texts are given to does not answer, or answers with something else than vectors."""
